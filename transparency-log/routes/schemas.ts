import { Type } from 'typebox';

const strict = { additionalProperties: false };
const hex32 = (description: string) => Type.String({ pattern: '^[0-9a-f]{64}$', description });
const index = Type.Integer({ minimum: 0, description: 'Position of the entry in the log, from 0' });
const hexPrefix = (description: string) => Type.String({ pattern: '^[0-9a-f]{8,128}$', description });

export const errorSchema = Type.Object(
  {
    code: Type.String({ description: 'Stable: WAX_<AREA>_<REASON>' }),
    message: Type.String({ description: 'For people; may change' }),
  },
  { description: 'What was refused, and why' },
);

export const receiptSchema = Type.Object({
  index,
  statementSha256: hex32('SHA-256 of the signed payload'),
  proof: Type.String({ description: 'Path of the inclusion proof' }),
});

export const pendingSchema = Type.Object({
  statementSha256: hex32('SHA-256 of the signed payload'),
  poll: Type.String({ description: 'Path that answers 200 once a witnessed checkpoint holds the entry' }),
});

export const entrySchema = Type.Object({
  index,
  kind: Type.String(),
  statementSha256: hex32('SHA-256 of the signed payload'),
  sequencedAt: Type.String({ description: 'By the clock of the log; nothing vouches for it' }),
  entry: Type.String({ description: 'The bytes in the log, in base64: a DSSE envelope' }),
  statement: Type.Unknown({ description: 'The in-toto statement in it' }),
});

/** What a page of a list may ask for. */
const page = {
  before: Type.Optional(Type.Integer({ minimum: 0, description: 'Only entries before this index' })),
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
};
const next = Type.Union([Type.String(), Type.Null()], {
  description: 'Path of the next page, if there is one',
});

export const listQuery = Type.Object(page, strict);
export const listSchema = Type.Object({
  size: Type.Integer({ description: 'Entries under the published checkpoint' }),
  entries: Type.Array(entrySchema, { description: 'Newest first' }),
  next,
});

/** Every answer but those of files that never change has an entity tag. */
export const unchanged = Type.Null({
  description: 'Not changed since the answer with the ETag in If-None-Match',
});

export const indexParams = Type.Object({ index }, strict);
export const statementParams = Type.Object({ statement: hex32('SHA-256 of the signed payload') }, strict);

export const searchQuery = Type.Object(
  {
    measurement: Type.Optional(hexPrefix('Start of a launch digest, MRTD, RTMR or PCR')),
    digest: Type.Optional(hexPrefix('Start of any other digest or commit, or of the statement hash')),
    product: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    version: Type.Optional(Type.Integer({ minimum: 1 })),
    publisher: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'Name in a policy entry, or key ID in hex' }),
    ),
    ...page,
  },
  strict,
);

export const searchSchema = Type.Object({
  indexed: Type.Integer({ description: 'Entries that the search knows; it follows the log' }),
  hits: Type.Array(
    Type.Object({
      index,
      kind: Type.String(),
      product: Type.Union([Type.String(), Type.Null()]),
      version: Type.Union([Type.Integer(), Type.Null()]),
      statementSha256: hex32('SHA-256 of the signed payload'),
    }),
    { description: 'Newest first. Hints only: check each entry against the tree' },
  ),
  next,
});

export const statusSchema = Type.Object({
  origin: Type.String(),
  key: Type.String({ description: 'Verifier key of the log' }),
  size: Type.Integer({ description: 'Entries under the published checkpoint' }),
  budget: Type.Integer({ description: 'Entries after which the log refuses new ones' }),
  accepting: Type.Boolean(),
  problem: Type.Union([errorSchema, Type.Null()]),
  policyEntry: hex32('SHA-256 of entry 0'),
  quorum: Type.Integer({ description: 'Witnesses in the smallest quorum' }),
  witnesses: Type.Array(
    Type.Object({
      name: Type.String(),
      key: Type.String(),
      cosignedAt: Type.Union([Type.String(), Type.Null()]),
      problem: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
});
