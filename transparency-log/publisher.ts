import { equalBytes, utf8 } from '../protocol/bytes.ts';
import { formatCheckpoint, parseCheckpoint } from '../protocol/log/checkpoint.ts';
import { parseNote } from '../protocol/log/note.ts';
import { type NoteSigner, signNote } from '../protocol/log/signer.ts';
import type { HashTree } from './hash-tree.ts';
import type { StepListener } from './steps.ts';
import type { SignedHead, StaticFile, Storage } from './storage/storage.ts';
import { changedFiles, supersededFolders } from './tree-files.ts';
import type { WitnessRound } from './witness-round.ts';

export interface PublisherOptions {
  storage: Storage;
  tree: HashTree;
  origin: string;
  signer: NoteSigner;
  witnesses: WitnessRound;
  onStep: StepListener;
}

/** Turns the sequenced tree into what readers see, in the one order in which nothing can be lost or forked. */
export class Publisher {
  readonly #options: PublisherOptions;
  /** Size of the tree whose static files are all on disk. */
  #filed = 0;
  /** Size up to which superseded partial tiles are gone, and the size at the last clean-up. */
  #cleaned = { upTo: 0, seen: 0 };
  /** The published checkpoint, cosigned; empty before the first. */
  note = '';
  /** Its size. */
  size = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Takes up where a process left off: the published note, and all files of the tree as it is now. */
  resume(note: string | null): void {
    this.#filed = this.#options.tree.size;
    if (note !== null) this.#show(note);
  }

  #show(note: string): void {
    this.note = note;
    this.size = parseCheckpoint(parseNote(note).text).size;
  }

  /** Publishes the tree as it is now. Throws WAX_LOGSERVER_NO_QUORUM if it has to be tried again. */
  async publish(): Promise<void> {
    const { storage, tree, witnesses, onStep } = this.#options;
    await this.#writeTiles();
    onStep('tiles-written');
    const { size, note } = await this.#sign();
    const cosignatures = await witnesses.collect(size, note, tree);
    onStep('cosigned');
    const cosigned = note + cosignatures.join('');
    await storage.files.write([{ path: 'checkpoint', bytes: utf8(cosigned) }]);
    this.#show(cosigned);
    onStep('checkpoint-published');
  }

  async #writeTiles(): Promise<void> {
    const { storage, tree } = this.#options;
    const files: StaticFile[] = [];
    const { size } = tree;
    for await (const file of changedFiles(this.#filed, size, tree, storage.entries)) files.push(file);
    await storage.files.write(files);
    this.#filed = size;
  }

  /** A signature is a commitment from the moment it exists, so it is kept before anybody else sees it. */
  async #sign(): Promise<SignedHead> {
    const { storage, tree, origin, signer, onStep } = this.#options;
    const { size } = tree;
    const root = tree.root();
    const kept = await storage.entries.newestSigned();
    if (kept && kept.size === size && equalBytes(kept.root, root)) return kept;
    const text = formatCheckpoint({ origin, size, root });
    const head = { size, root, note: `${text}\n${await signNote(text, signer)}` };
    onStep('checkpoint-signed');
    await storage.entries.keepSigned(head);
    onStep('checkpoint-kept');
    return head;
  }

  /** Removes partial tiles that a full one has replaced since the clean-up before the last, for slow readers. */
  async cleanUp(): Promise<void> {
    const { upTo, seen } = this.#cleaned;
    for (const folder of supersededFolders(upTo, seen))
      await this.#options.storage.files.removeFolder(folder);
    this.#cleaned = { upTo: seen, seen: this.size };
  }
}
