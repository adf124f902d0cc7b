/** Invented names and numbers for looking at every state. It is 22 November 2026, 14:02. */

import type { ChatView } from '../../../../extension/ui/surfaces/chat.ts';
import type { OptionsView } from '../../../../extension/ui/surfaces/options.ts';
import type { Figures, StateId, Status } from '../../../../extension/ui/surfaces/status.ts';
import type { AnswerFigures, Attachment } from '../../../../extension/ui/surfaces/thread.ts';
import type { DomainSummary } from '../../../../extension/ui/surfaces/trust.ts';
import type { StricterPreset } from '../../../../protocol/demands.ts';
import type { DiffLine } from '../../../../protocol/policy-diff.ts';
import type { Row, RowId, VerificationReport } from '../../../../protocol/report.ts';

export const now = Date.parse('2026-11-22T14:02:00Z');

export const figures: Figures = {
  service: 'chat.fernhill.example',
  operator: 'Fernhill',
  model: 'Maple 8B',
  domain: 'City Hospital',
  vendor: 'AMD',
  paper: 'revocation-list',
  endsAt: Date.parse('2026-11-20T00:00:00Z'),
  minutes: 12,
  hours: 3,
  release: 36,
  days: 9,
  publishers: { signed: 2, all: 3 },
  contact: 'mailto:help@fernhill.example',
};

const digest =
  '9c41e07a52bd18f6c0a3774e91d2fb063e8810c9a4f5d27b60e1bb4372ff5b200b6d95aef1487c32d8e20f6715c95b20';

/** What only the report says, in its one language: no surface may show it. */
const untranslated = 'Untranslated, out of the report.';

const checks: Record<RowId, readonly string[]> = {
  answer: ['B2', 'B2.statement'],
  evidence: ['C1', 'S1.version', 'C4.vcek', 'C8.vcek', 'S4.vcek', 'C3', 'S2', 'S5'],
  collateral: ['C7.crl.form', 'C7.crl', 'C8.crl', 'S13'],
  platform: ['policy', 'S7.minimum', 'S8.guest-svn', 'S9.debug', 'S9.migration', 'S11.authorKeyDigest'],
  binding: ['S12'],
  log: ['B9.6'],
  release: ['B9.7.domain', 'B9.7.service', 'B9.7'],
  machine: ['B9.8'],
  wire: ['B9.9'],
  lifetime: ['B9.10', 'B9.10.clock'],
};

const evidence: Partial<Record<RowId, Row['evidence']>> = {
  evidence: { type: 'sev-snp', product: 'turin', hardwareId: digest.slice(0, 16) },
  collateral: { validUntil: '2026-12-01T00:00:00Z' },
  platform: {
    report: {
      version: 5,
      policy: { debug: false, migrationAgent: false, smtAllowed: true },
      reportedTcb: { fmc: 1, bootloader: 10, tee: 0, snp: 23, microcode: 84 },
      currentFirmware: '1.55.40',
      vmpl: 0,
    },
  },
  release: { measurement: { launchDigest: digest }, configSha256: digest.slice(0, 64), version: 37 },
  machine: { asked: true, hardwareId: digest.slice(0, 16) },
  wire: { tickMs: 50, recordBytes: 512, maxRecords: 1024 },
  lifetime: { lifetimeSeconds: 600, secondsLeft: 540 },
};

function row(id: RowId): Row {
  return {
    id,
    state: 'pass',
    variant: null,
    code: null,
    leadsTo: null,
    sentence: untranslated,
    checks: checks[id].map((name) => ({ id: name, state: 'pass', code: null, text: untranslated })),
    evidence: evidence[id] ?? {},
  };
}

const rows = (Object.keys(checks) as RowId[]).map(row);

export const report: VerificationReport = {
  format: 'waxseal-report/1',
  verdict: 'pass',
  state: 'sealed',
  simulated: false,
  service: 'https://chat.fernhill.example',
  domain: { name: 'Waxseal', imported: false },
  vendor: 'AMD',
  models: [{ id: 'maple-8b', sha256: digest.slice(0, 64), contextTokens: 8192, maxOutputTokens: 2048 }],
  release: {
    product: 'fernhill-enclave',
    version: 37,
    index: 4169,
    statementSha256: digest.slice(0, 64),
    publishers: ['Fernhill', 'Northlight Audits'],
    threshold: 2,
    publisherCount: 3,
    notBefore: '2026-11-17T00:00:00Z',
    expires: '2027-02-15T00:00:00Z',
    source: { repository: 'fernhill/enclave', commit: '7d03b1e2a90c4f5d' },
  },
  log: {
    origin: 'log.waxseal.example/2026',
    size: 4182,
    root: 'w4T1Qh0m1Qe9m0l0cYh3n3y2vJt5b8o1c8Z0l4b6x7E=',
    witnesses: [
      { name: 'Harbour Light', at: '2026-11-22T13:59:00Z' },
      { name: 'Tartu Tech Library', at: '2026-11-22T13:56:00Z' },
      { name: 'Rowan Foundation', at: '2026-11-22T13:56:00Z' },
      { name: 'Kestrel Systems', at: '2026-11-22T13:51:00Z' },
    ],
    quorum: 3,
  },
  rows,
  checkedAt: '2026-11-22T14:01:40Z',
  expiresAt: '2026-11-22T14:11:40Z',
  tookMs: 412,
};

export const failedReport: VerificationReport = {
  ...report,
  verdict: 'fail',
  state: 'failed',
  expiresAt: null,
  rows: rows.map((passed) =>
    passed.id === 'release'
      ? {
          ...passed,
          state: 'fail',
          variant: 'unknown',
          code: 'WAX_RELEASE_UNKNOWN',
          leadsTo: 'failed',
          evidence: { measurement: { launchDigest: `d3f8112e${'0'.repeat(80)}7f1ca904` } },
          checks: [
            { id: 'B9.7.domain', state: 'pass', code: null, text: untranslated },
            { id: 'B9.7', state: 'fail', code: 'WAX_RELEASE_UNKNOWN', text: untranslated },
            { id: 'B9.7.service', state: 'skipped', code: null, text: untranslated },
          ],
        }
      : passed,
  ),
};

export const simulatedReport: VerificationReport = {
  ...report,
  state: 'simulated',
  simulated: true,
  vendor: 'Waxseal simulator',
};

export const python = `This needs nothing but Python:

\`\`\`python
import csv
from datetime import date

weeks = {}
with open("pressure.csv") as f:
    for row in csv.DictReader(f):
        d = date.fromisoformat(row["date"])
        key = d.isocalendar()[:2]
        w = weeks.setdefault(key, [])
        w.append(int(row["high"]))

for week, high in weeks.items():
    print(*week, sum(high) // len(high))
\`\`\`

- Look at the **weekly** number, not one day.
- Above **135** for weeks? Show your doctor.
`;

export const arriving = `**Usually not.** Scuffed walls after four years count as normal wear in most places, and a landlord can only charge for damage beyond that.

What decides it:

- **Age of the paint.** After four years it has little value left, even where there is real damage.
- **Proof.** He needs photos or a signed list from the day you moved in.
- **Deadlines.** Many countries make him return the rest within a fixed`;

export const rich = `## A table and a link

| Week | High | Low |
|---|--:|--:|
| 45 | 138 | 88 |
| 46 | 131 | 84 |

> Read [the guide](https://xn--bcher-kva.example/a%20b?q=1) first, then \`run()\`.

1. First
2. Second
   - [x] done
   - [ ] not done

![a chart](https://evil.example/pixel.png) <script>alert(1)</script> and [bad](javascript:alert(1))

\`\`\`ts
// a comment
const total: number = 0x1f + 42; // more
\`\`\`
`;

export const csv: Attachment = {
  id: 'f1',
  name: 'pressure.csv',
  text: 'date,high,low\n2026-11-01,138,88\n',
  bytes: 14_210,
};

export const answerFigures: AnswerFigures = {
  promptTokens: 1204,
  answerTokens: 214,
  tookMs: 6240,
  atLimit: false,
};

export const draft =
  'My landlord wants to keep my whole deposit because of scuffed walls. I lived there four years. Can he do that?';

/** A seed whose seal is a swallow on a quatrefoil, mulberry, beads (found by trying). */
export const seed = Uint8Array.of(0, 0, 27, 149, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

export const status = (id: StateId, change: Partial<Status> = {}): Status => ({
  id,
  simulated: false,
  figures,
  ...change,
});

export const view: ChatView = {
  surface: 'panel',
  status: status('sealed'),
  progress: null,
  thread: [],
  draft: '',
  attachments: [],
  fileRefusal: null,
  editing: null,
  sending: false,
  setup: { model: null, system: '', temperature: null, topP: null, maxTokens: null, stop: [], seed: null },
  logFacts: {
    publishers: ['Fernhill', 'Northlight Audits', 'Wren & Co'],
    newest: { version: 37, index: 4169, digests: [digest] },
  },
  lastTime: {
    service: 'https://chat.fernhill.example',
    version: 36,
    index: 4102,
    statementSha256: 'ab'.repeat(32),
    publishers: ['Fernhill', 'Northlight Audits'],
    at: now - 26 * 3_600_000,
  },
  chainAsked: 0,
  history: { state: 'off', busy: false, chats: [], current: null, problem: null },
  report,
  fork: null,
  seal: seed,
  waiting: [],
  enclaves: [
    { service: 'https://chat.fernhill.example', name: 'Fernhill' },
    { service: 'https://ai.cityhospital.example', name: 'City Hospital' },
  ],
  explorer: 'https://log.waxseal.example/2026/',
  frame: null,
};

const hardened: StricterPreset = {
  type: 'sev-snp',
  preset: 'hardened',
  refuses: [
    { type: 'sev-snp', field: 'require', items: ['raplDisabled', 'singleSocket'] },
    { type: 'sev-snp', field: 'smt', items: [] },
  ],
};

const waxseal: DomainSummary = {
  name: 'Waxseal',
  log: { origin: 'log.waxseal.example/2026', size: 4182 },
  publishers: { needed: 2, all: 3 },
  witnesses: {
    needed: 3,
    all: 4,
    operators: ['Harbour Light', 'Tartu Tech Library', 'Rowan Foundation', 'Kestrel Systems'],
  },
  chips: ['AMD Genoa', 'AMD Turin', 'Intel TDX', 'AWS Nitro'],
  simulator: false,
  services: ['https://chat.fernhill.example', 'https://two.example', 'https://three.example'],
  relays: [],
  freshHours: 24,
  demands: [{ type: 'sev-snp', presets: [hardened], chosen: 'hardened' }],
};

/** Of two kinds of hardware more may be asked; of one the chosen rule has ceased to be stricter. */
export const demanding: DomainSummary = {
  ...waxseal,
  demands: [
    { type: 'sev-snp', presets: [hardened], chosen: 'hardened' },
    {
      type: 'tdx',
      presets: [
        {
          type: 'tdx',
          preset: 'without-grace',
          refuses: [
            { type: 'tdx', field: 'grace', items: [] },
            { type: 'tdx', field: 'statuses', items: ['SWHardeningNeeded'] },
          ],
        },
      ],
      chosen: 'strict',
    },
  ],
};

export const relay = { host: 'relay.rowan.example', operator: 'Rowan Foundation' };
const relays = [{ url: `https://${relay.host}`, operator: relay.operator }];

/** Its services are reached through a relay. */
export const relayed: DomainSummary = { ...waxseal, relays };

export const options: OptionsView = {
  evidence: [],
  builtIn: waxseal,
  imported: [
    {
      ...waxseal,
      name: 'City Hospital',
      services: ['https://ai.cityhospital.example'],
      importedAt: Date.parse('2026-11-03T10:00:00Z'),
    },
  ],
  candidate: null,
  refusal: null,
  enclaves: [
    { service: 'https://chat.fernhill.example', name: 'Fernhill', domain: 'Waxseal', chosen: true },
    {
      service: 'https://ai.cityhospital.example',
      name: 'City Hospital',
      domain: 'City Hospital',
      chosen: false,
    },
  ],
  sites: [
    { origin: 'https://parley.example', box: true, adapter: false },
    { origin: 'https://open.example', box: true, adapter: true },
  ],
  seal: seed,
  history: { state: 'off', busy: false, problem: null, done: null },
  preferences: { theme: 'system', language: null, mode: 'steady' },
  build: digest.slice(0, 64),
  version: '0.1.0',
};

export const candidate: NonNullable<OptionsView['candidate']> = {
  file: 'northern-lab.waxtrust.json',
  text: '{ "format": "waxseal-trust-domain/1", "name": "Northern Lab" }',
  domain: { ...waxseal, name: 'Northern Lab' },
  lines: [
    {
      id: 'enclaves',
      mark: 'new',
      services: ['ai.northern.example', 'draft.northern.example'],
      shared: [],
    },
    { id: 'log', mark: 'new', origin: 'log.northern.example/2026', entries: 1204 },
    { id: 'publishers', mark: 'weaker', theirs: { needed: 1, all: 2 }, ours: { needed: 2, all: 3 } },
    {
      id: 'hardware',
      mark: 'weaker',
      weaknesses: [{ type: 'sev-snp', field: 'products', items: ['milan'] }],
    },
    { id: 'witnesses', mark: 'same', needed: 3, all: 4, dishonest: 1 },
  ],
};

/** The same file, where a relay stands before one of the enclaves. */
export const relayCandidate: typeof candidate = {
  ...candidate,
  lines: candidate.lines.flatMap((line): readonly DiffLine[] =>
    line.id === 'log' ? [{ id: 'relays', mark: 'new', relays, everywhere: false }, line] : [line],
  ),
};
