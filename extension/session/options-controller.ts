/** The options page: trust domains and their import, the enclave to talk to, sites, the seal, history. @module */
import { parseBase64, toBase64 } from '../../protocol/bytes.ts';
import type { LogState } from '../../protocol/log/state.ts';
import { parseTrustDomain, type TrustDomain } from '../../protocol/policy.ts';
import { compareTrustDomains } from '../../protocol/policy-diff.ts';
import { ask } from '../ask.ts';
import { browser } from '../browser.ts';
import { defaultSettings } from '../settings.ts';
import { Store } from '../ui/store.ts';
import type { OptionsController, OptionsView } from '../ui/surfaces/options.ts';
import { noDomain, summarise } from './domain-summary.ts';
import { type SyncStep, syncLog } from './log-client.ts';
import { createOptionsHistory } from './options-history.ts';
import { refusalOf } from './options-refusal.ts';
import { ownBuild } from './own-build.ts';
import { openPage } from './pages.ts';
import { present } from './present.ts';
import { choices, chosen, type HeldDomain, readLog, readTrust } from './trust.ts';

/** Steps of a sync that a person waits for. */
const MOST_STEPS = 8;

const emptyView = (): OptionsView => ({
  evidence: [],
  builtIn: noDomain,
  imported: [],
  candidate: null,
  refusal: null,
  enclaves: [],
  sites: [],
  seal: null,
  history: { state: 'none', busy: false, problem: null, done: null },
  preferences: { theme: 'system', language: null, mode: 'steady' },
  build: null,
  version: browser.runtime.getManifest().version,
});

async function summary({ domain, importedAt, demands }: HeldDomain) {
  const { state, evidence } = readLog(await ask('log/get', { domain: domain.name }), domain);
  const kept = evidence.map((one) => ({
    domain: domain.name,
    log: domain.log.origin,
    kind: one.kind,
    foundAt: one.foundAt,
    document: JSON.stringify(one, null, 2),
  }));
  return { domain: { ...summarise(domain, state, demands), importedAt }, kept };
}

/** Everything the page shows, but for a file that waits for a decision. */
async function load(): Promise<Omit<OptionsView, 'candidate' | 'refusal' | 'version' | 'history' | 'build'>> {
  const [trust, settings, { grants }] = await Promise.all([
    readTrust(),
    ask('settings/get', {}),
    ask('grants/list', {}),
  ]);
  const all = await Promise.all(trust.domains.map(summary));
  const summaries = all.map(({ domain }) => domain);
  const current = chosen(trust)?.enclave.service;
  return {
    evidence: all.flatMap(({ kept }) => kept),
    builtIn: summaries.find(({ importedAt }) => importedAt === null) ?? noDomain,
    imported: summaries.flatMap(({ importedAt, ...rest }) =>
      importedAt === null ? [] : [{ ...rest, importedAt }],
    ),
    enclaves: choices(trust).map(({ enclave: { service, name }, domain }) => ({
      service,
      name,
      domain: domain.name,
      chosen: service === current,
    })),
    sites: grants.map(({ site, box, adapter }) => ({ origin: site, box, adapter })),
    seal: settings.seal === null ? null : parseBase64(settings.seal, 16),
    preferences: { theme: settings.theme, language: settings.language, mode: settings.mode },
  };
}

type Approvers = LogState['ledger']['policy'];

/** Who approves programs under a domain that is not added yet: only its log can say, so it is asked, and checked. */
async function askApprovers(domain: TrustDomain): Promise<Approvers> {
  let state: LogState | null = null;
  for (let step = 0; step < MOST_STEPS; step++) {
    const { more, ...result }: SyncStep = await syncLog({ domain, state, fetch, now: Date.now });
    state = result.state;
    if (!more) break;
  }
  return state?.checkpoint ? state.ledger.policy : null;
}

/** A file that might be added, and what it would allow next to the built-in trust domain. */
async function compare(file: string, text: string, approvers: Approvers): Promise<OptionsView['candidate']> {
  const domain = parseTrustDomain(text);
  const candidate = { file, text, domain: summarise(domain, null) };
  const own = (await readTrust()).domains.find(({ importedAt }) => importedAt === null)?.domain;
  if (own === undefined) return { ...candidate, lines: [] };
  const { state } = readLog(await ask('log/get', { domain: own.name }), own);
  const builtIn = { domain: own, approvers: state?.ledger.policy ?? null };
  return { ...candidate, lines: compareTrustDomains({ domain, approvers }, builtIn) };
}

/** The controller of options.html. */
export function createOptionsController(): OptionsController {
  const store = new Store<OptionsView>(emptyView());
  const reload = async () => store.update(await load());
  /** Does something and shows what came of it. */
  const act = async (action: () => Promise<unknown>) => {
    try {
      await action();
      await reload();
    } catch (error) {
      store.update({ refusal: refusalOf(error) });
    }
  };
  void act(async () => {});
  const history = createOptionsHistory(store);
  void history.look();
  void ownBuild().then((build) => store.update({ build }));
  return {
    current: () => store.current(),
    subscribe: (listener) => store.subscribe(listener),
    async offerImport(file, text) {
      try {
        store.update({ candidate: await compare(file, text, null), refusal: null });
        const approvers = await askApprovers(parseTrustDomain(text));
        const candidate = await compare(file, text, approvers);
        // The person may have decided, or chosen another file, meanwhile.
        if (store.current().candidate?.text === text) store.update({ candidate });
      } catch (error) {
        store.update({ candidate: null, refusal: refusalOf(error) });
      }
    },
    acceptImport() {
      const { candidate } = store.current();
      if (candidate === null) return;
      store.update({ candidate: null });
      void act(() => ask('trust/import', { text: candidate.text }));
    },
    declineImport: () => store.update({ candidate: null, refusal: null }),
    demand: (domain, type, preset) => void act(() => ask('trust/demand', { domain, type, preset })),
    removeDomain: (name) => void act(() => ask('trust/remove', { name })),
    dismissEvidence: ({ domain, foundAt }) => void act(() => ask('log/dismiss', { domain, foundAt })),
    chooseEnclave: (service) => void act(() => ask('settings/service', { service })),
    removeSite: (site) => void act(() => ask('grants/remove', { site })),
    setAdapter: (site, on) => void act(() => ask('grants/adapter', { site, on })),
    createHistory: (passphrase) => void history.create(passphrase),
    changePassphrase: (from, to) => void history.changePassphrase(from, to),
    deleteHistory: () => void history.remove(),
    setPreferences: (preferences) =>
      void act(async () => {
        // At once: the next change is made to what is shown, and must not take this one back.
        store.update({ preferences });
        await ask('settings/preferences', preferences);
        await present(preferences);
      }),
    forget: () =>
      void act(async () => {
        await history.remove();
        await ask('settings/forget', {});
        await present(defaultSettings);
      }),
    setSeal: (seed) => void act(() => ask('settings/seal', { seal: toBase64(seed) })),
    openWelcome: () => openPage('welcome'),
  };
}
