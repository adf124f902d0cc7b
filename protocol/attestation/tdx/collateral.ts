/**
 * TCB info and QE identity as Intel's provisioning service sends them (PCS API version 4). Intel signs the
 * exact bytes of the inner object, so those bytes are cut out and these same bytes are parsed: nothing is
 * serialised again.
 * @module
 */
import { parseHex, parseUtf8, utf8 } from '../../bytes.ts';
import { type JsonValue, parseJson } from '../../json.ts';
import { readArray, readInteger, readMap, readOneOf, readString, readTime } from '../../shape.ts';
import { tdxError } from './errors.ts';
import { type TdxStatus, tdxStatuses } from './policy.ts';

const MAX_COLLATERAL = 64 * 1024;

/** A signed body: the inner object's bytes, the value they hold, and r ‖ s. */
interface SignedBody {
  readonly signed: Uint8Array;
  readonly value: JsonValue;
  readonly signature: Uint8Array;
}

function cut(body: Uint8Array | undefined, key: 'tcbInfo' | 'enclaveIdentity'): SignedBody {
  if (body === undefined || body.length === 0) throw tdxError('WAX_TDX_COLLATERAL_MISSING', key);
  if (body.length > MAX_COLLATERAL) throw tdxError('WAX_TDX_SIZE', `${body.length} bytes of ${key}`);
  const text = parseUtf8(body);
  const prefix = `{"${key}":`;
  const suffix = /,"signature":"([0-9a-fA-F]{128})"\}[ \t\r\n]{0,2}$/.exec(text);
  if (!text.startsWith(prefix) || !suffix?.[1]) throw tdxError('WAX_TDX_COLLATERAL_FORM', key);
  // The reader takes exactly one value and nothing after it, so there is only one way to cut here.
  const inner = utf8(text.slice(prefix.length, suffix.index));
  const value = parseJson(inner, { bytes: MAX_COLLATERAL });
  return { signed: inner, value, signature: parseHex(suffix[1].toLowerCase()) };
}

/** What both kinds have. */
interface Collateral {
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  readonly id: string;
  readonly version: number;
  /** Epoch ms. */
  readonly issueDate: number;
  readonly nextUpdate: number;
  readonly evaluation: number;
}

function readCommon(body: SignedBody, map: { [key: string]: JsonValue }): Collateral {
  return {
    signed: body.signed,
    signature: body.signature,
    id: readString(map.id, 'id'),
    version: readInteger(map.version, 'version'),
    issueDate: readTime(map.issueDate, 'issueDate'),
    nextUpdate: readTime(map.nextUpdate, 'nextUpdate'),
    evaluation: readInteger(map.tcbEvaluationDataNumber, 'tcbEvaluationDataNumber'),
  };
}

const readBytes = (size: number) => (value: JsonValue | undefined, path: string) =>
  parseHex(readString(value, path, { most: 2 * size }).toLowerCase(), size);

/** A level of an enclave or module: reached from this security version on. */
export interface SvnLevel {
  readonly isvSvn: number;
  readonly status: TdxStatus;
  readonly advisories: readonly string[];
}

function readVerdict(map: { [key: string]: JsonValue }, path: string) {
  return {
    status: readOneOf(map.tcbStatus, `${path}.tcbStatus`, tdxStatuses),
    advisories: readArray(map.advisoryIDs ?? [], `${path}.advisoryIDs`, (id, at) =>
      readString(id, at, { most: 64 }),
    ),
  };
}

function readSvnLevel(value: JsonValue, path: string): SvnLevel {
  const map = readMap(value, path);
  const isvSvn = readInteger(readMap(map.tcb, `${path}.tcb`).isvsvn, `${path}.tcb.isvsvn`, 0, 65_535);
  return { isvSvn, ...readVerdict(map, path) };
}

/** Which TDX module this is; `levels` is empty for the entry without a version. */
export interface ModuleIdentity {
  readonly id: string;
  readonly mrSigner: Uint8Array;
  readonly attributes: Uint8Array;
  readonly attributesMask: Uint8Array;
  readonly levels: readonly SvnLevel[];
}

function readModule(value: JsonValue | undefined, path: string): ModuleIdentity {
  const map = readMap(value, path);
  return {
    id: map.id === undefined ? '' : readString(map.id, `${path}.id`),
    mrSigner: readBytes(48)(map.mrsigner, `${path}.mrsigner`),
    attributes: readBytes(8)(map.attributes, `${path}.attributes`),
    attributesMask: readBytes(8)(map.attributesMask, `${path}.attributesMask`),
    levels: readArray(map.tcbLevels ?? [], `${path}.tcbLevels`, readSvnLevel),
  };
}

/** A level of the platform: reached where every component is at least this. */
export interface PlatformLevel {
  readonly sgx: readonly number[];
  readonly tdx: readonly number[];
  readonly pceSvn: number;
  readonly status: TdxStatus;
  readonly advisories: readonly string[];
}

function readComponents(value: JsonValue | undefined, path: string): number[] {
  const svn = (entry: JsonValue, at: string) => readInteger(readMap(entry, at).svn, `${at}.svn`, 0, 255);
  return readArray(value, path, svn, { least: 16, most: 16 });
}

function readPlatformLevel(value: JsonValue, path: string): PlatformLevel {
  const map = readMap(value, path);
  const tcb = readMap(map.tcb, `${path}.tcb`);
  return {
    sgx: readComponents(tcb.sgxtcbcomponents, `${path}.sgxtcbcomponents`),
    tdx: readComponents(tcb.tdxtcbcomponents, `${path}.tdxtcbcomponents`),
    pceSvn: readInteger(tcb.pcesvn, `${path}.pcesvn`, 0, 65_535),
    ...readVerdict(map, path),
  };
}

export interface TcbInfo extends Collateral {
  readonly fmspc: Uint8Array;
  readonly pceId: Uint8Array;
  readonly tcbType: number;
  readonly module: ModuleIdentity;
  readonly moduleIdentities: readonly ModuleIdentity[];
  readonly levels: readonly PlatformLevel[];
}

/** Parses a TCB info body. Its signature is not checked here. */
export function parseTcbInfo(bytes: Uint8Array | undefined): TcbInfo {
  const body = cut(bytes, 'tcbInfo');
  const map = readMap(body.value, 'tcbInfo');
  return {
    ...readCommon(body, map),
    fmspc: readBytes(6)(map.fmspc, 'fmspc'),
    pceId: readBytes(2)(map.pceId, 'pceId'),
    tcbType: readInteger(map.tcbType, 'tcbType'),
    module: readModule(map.tdxModule, 'tdxModule'),
    moduleIdentities: readArray(map.tdxModuleIdentities ?? [], 'tdxModuleIdentities', readModule),
    levels: readArray(map.tcbLevels, 'tcbLevels', readPlatformLevel, { least: 1 }),
  };
}

export interface QeIdentity extends Collateral {
  readonly miscSelect: Uint8Array;
  readonly miscSelectMask: Uint8Array;
  readonly attributes: Uint8Array;
  readonly attributesMask: Uint8Array;
  readonly mrSigner: Uint8Array;
  readonly isvProdId: number;
  readonly levels: readonly SvnLevel[];
}

/** Parses a QE identity body. Its signature is not checked here. */
export function parseQeIdentity(bytes: Uint8Array | undefined): QeIdentity {
  const body = cut(bytes, 'enclaveIdentity');
  const map = readMap(body.value, 'enclaveIdentity');
  return {
    ...readCommon(body, map),
    miscSelect: readBytes(4)(map.miscselect, 'miscselect'),
    miscSelectMask: readBytes(4)(map.miscselectMask, 'miscselectMask'),
    attributes: readBytes(16)(map.attributes, 'attributes'),
    attributesMask: readBytes(16)(map.attributesMask, 'attributesMask'),
    mrSigner: readBytes(32)(map.mrsigner, 'mrsigner'),
    isvProdId: readInteger(map.isvprodid, 'isvprodid', 0, 65_535),
    levels: readArray(map.tcbLevels, 'tcbLevels', readSvnLevel, { least: 1 }),
  };
}
