/**
 * The statements in log entries: in-toto Statements v1 with predicates of ours. The payload may be any strict
 * JSON (UTF-8, no duplicate keys, safe integers, depth 16), since it is the bytes that are signed; its keys
 * are exactly those of its kind.
 * @module
 */

import { utf8 } from '../bytes.ts';
import { CodedError } from '../errors.ts';
import { type JsonValue, parseJson } from '../json.ts';
import {
  readArray,
  readBoolean,
  readHex,
  readMap,
  readObject,
  readOneOf,
  readString,
  readTime,
} from '../shape.ts';
import { MAX_ENTRY_BYTES } from './dsse.ts';
import { type ExtensionReleaseFields, extensionRelease } from './kinds/extension-release.ts';
import { type GraceFields, grace } from './kinds/grace.ts';
import { formatTime, type Kind, type StatementBase, type Subject } from './kinds/kind.ts';
import { type LogClosedFields, logClosed } from './kinds/log-closed.ts';
import { type MachineFields, machine } from './kinds/machine.ts';
import { type PolicyFields, policy } from './kinds/policy.ts';
import { type ReleaseFields, release } from './kinds/release.ts';
import { type StatusFields, status } from './kinds/status.ts';
import { statementError } from './statement-errors.ts';

interface FieldsByKind {
  release: ReleaseFields;
  status: StatusFields;
  policy: PolicyFields;
  grace: GraceFields;
  machine: MachineFields;
  'extension-release': ExtensionReleaseFields;
  'log-closed': LogClosedFields;
}
export type KnownKind = keyof FieldsByKind;

/** A statement of one kind: the common fields, those of the kind, and `kind` itself. */
export type StatementOf<K extends KnownKind> = { [P in K]: { kind: P } & StatementBase & FieldsByKind[P] }[K];
export type KnownStatement = StatementOf<KnownKind>;

/** A statement of a kind that this version does not know; only what all kinds share can be read. */
interface UnknownStatement extends StatementBase {
  kind: 'unknown';
  predicateType: string;
}
export type Statement = KnownStatement | UnknownStatement;

const kinds: { [K in KnownKind]: Kind<FieldsByKind[K]> } = {
  release,
  status,
  policy,
  grace,
  machine,
  'extension-release': extensionRelease,
  'log-closed': logClosed,
};

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const BASE_KEYS = ['log', 'policy', 'notBefore', 'critical'] as const;
const DEPTH = 16;

const predicateTypeOf = (kind: KnownKind) => `urn:waxseal:${kind}:v1`;

function kindOf(predicateType: string): KnownKind | null {
  const known = Object.keys(kinds) as KnownKind[];
  return known.find((kind) => predicateTypeOf(kind) === predicateType) ?? null;
}

function readBase(predicate: { [key: string]: JsonValue }): StatementBase {
  return {
    log: readString(predicate.log, 'log', { most: 253 }),
    policy: predicate.policy === null ? null : readHex(predicate.policy, 'policy', 32),
    notBefore: readTime(predicate.notBefore, 'notBefore'),
    critical: readBoolean(predicate.critical, 'critical'),
  };
}

function readSubject(value: JsonValue, path: string): Subject {
  const { name, digest } = readObject(value, path, ['name', 'digest']);
  const { sha256 } = readObject(digest, `${path}.digest`, ['sha256']);
  return {
    name: readString(name, `${path}.name`, { most: 256 }),
    sha256: readHex(sha256, `${path}.sha256`, 32),
  };
}

function readFields(
  kind: KnownKind,
  predicate: { [key: string]: JsonValue },
  base: StatementBase,
): KnownStatement {
  const { required, optional, read } = kinds[kind];
  readObject(predicate, 'predicate', [...BASE_KEYS, ...required], optional);
  return { kind, ...base, ...read(predicate, base) } as KnownStatement;
}

/** What a statement is about, as it follows from its fields. */
function subjectOf<K extends KnownKind>(statement: StatementOf<K>): Subject {
  const kind = kinds[statement.kind] as unknown as Kind<StatementOf<K>>;
  return kind.subject(statement, statement);
}

function readStatement(value: JsonValue): Statement {
  const fields = readObject(value, 'statement', ['_type', 'subject', 'predicateType', 'predicate']);
  readOneOf(fields._type, '_type', [STATEMENT_TYPE]);
  const subjects = readArray(fields.subject, 'subject', readSubject, { least: 1, most: 1 });
  const predicateType = readString(fields.predicateType, 'predicateType', { most: 256 });
  const predicate = readMap(fields.predicate, 'predicate');
  const base = readBase(predicate);
  const kind = kindOf(predicateType);
  if (kind === null) return { kind: 'unknown', predicateType, ...base };
  const statement = readFields(kind, predicate, base);
  const derived = subjectOf(statement);
  // Tools that know only in-toto show the subject: it must not say something else than the predicate.
  if (subjects[0]?.name !== derived.name || subjects[0].sha256 !== derived.sha256) {
    throw statementError('WAX_STATEMENT_FORM', 'the subject does not follow from the predicate');
  }
  return statement;
}

function coded<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause.code.startsWith('WAX_STATEMENT_')) throw cause;
    throw statementError('WAX_STATEMENT_FORM', cause.detail, { cause });
  }
}

/**
 * Reads the payload of an envelope. Says nothing about who signed it.
 * @throws WAX_STATEMENT_FORM, or WAX_STATEMENT_VALIDITY for a period that its kind does not allow
 */
export function parseStatement(payload: Uint8Array): Statement {
  return coded(() => readStatement(parseJson(payload, { depth: DEPTH, bytes: MAX_ENTRY_BYTES })));
}

/**
 * Reads a predicate by itself, as people write it by hand: the subject follows from it.
 * @throws WAX_STATEMENT_FORM, WAX_STATEMENT_VALIDITY
 */
export function readPredicate(kind: KnownKind, predicate: { [key: string]: JsonValue }): KnownStatement {
  return coded(() => readFields(kind, predicate, readBase(predicate)));
}

/** The payload of a statement, in the form that our tools write. Refuses what `parseStatement` would refuse. */
export function formatStatement<K extends KnownKind>(statement: StatementOf<K>): Uint8Array {
  const kind = kinds[statement.kind] as unknown as Kind<StatementOf<K>>;
  const subject = subjectOf(statement);
  const payload = utf8(
    JSON.stringify({
      _type: STATEMENT_TYPE,
      subject: [{ name: subject.name, digest: { sha256: subject.sha256 } }],
      predicateType: predicateTypeOf(statement.kind),
      predicate: {
        log: statement.log,
        policy: statement.policy,
        notBefore: formatTime(statement.notBefore),
        critical: statement.critical,
        ...kind.write(statement),
      },
    }),
  );
  parseStatement(payload);
  return payload;
}
