/**
 * Where the measurements of a release and those computed from an image differ, register by register, and as far as
 * the numbers tell, in which part of the image.
 * @module
 */
import type { ReleaseFields } from '../log/kinds/release.ts';
import type { MeasurementEvent, Part } from './event.ts';
import type { ShapeMeasurement } from './image.ts';

interface RegisterDifference {
  kind: 'register';
  platform: string;
  shape: string;
  register: string;
  /** Hex. */
  stated: string;
  computed: string;
  /** What the register speaks of; narrowed to what did change where the published steps show it. */
  parts: Part[];
  /** The steps that differ; empty without published steps. */
  steps: string[];
}

export type Difference =
  | RegisterDifference
  /** The release names a shape that was not computed. */
  | { kind: 'not-computed'; platform: string; shape: string }
  /** A shape was computed that the release does not name. */
  | { kind: 'not-released'; platform: string; shape: string };

export interface Comparison {
  /** Registers that agree. */
  agreeing: number;
  differences: Difference[];
}

const distinct = <Item>(items: readonly Item[]): Item[] => [...new Set(items)];

/**
 * The steps that differ. Every step after a running value that differs does too, so only the first of those says
 * anything, and nothing new where a step before it already differed.
 */
function differingSteps(
  published: readonly MeasurementEvent[],
  own: readonly MeasurementEvent[],
): MeasurementEvent[] {
  const differing: MeasurementEvent[] = [];
  let hasRunOff = false;
  for (let index = 0; index < Math.max(published.length, own.length); index++) {
    const [theirs, ours] = [published[index], own[index]];
    const event = ours ?? theirs;
    if (!event || (theirs?.value === ours?.value && theirs?.text === ours?.text)) continue;
    if (event.running) {
      const isExplained = event.parts.some((part) => differing.some(({ parts }) => parts.includes(part)));
      if (!hasRunOff && !isExplained) differing.push(event);
      hasRunOff = true;
    } else differing.push(event);
  }
  return differing;
}

function compareRegister(
  register: string,
  stated: string,
  own: ShapeMeasurement,
  published: ShapeMeasurement | null,
): RegisterDifference {
  const of = ({ events }: ShapeMeasurement) => events.filter((event) => event.register === register);
  const ours = of(own);
  // Published steps that lead to another value than the release states are no account of it.
  const account = published?.registers[register] === stated ? of(published) : null;
  const differing = account ? differingSteps(account, ours) : [];
  const telling = differing.length > 0 ? differing : ours;
  return {
    ...{ kind: 'register', platform: own.platform, shape: own.shape, register, stated },
    computed: own.registers[register] ?? '',
    parts: distinct(telling.flatMap(({ parts }) => parts)),
    steps: differing.map(({ text }) => text),
  };
}

/**
 * Compares a release with what was computed. `published` are the steps that the publishers say led to the release;
 * they are used to name places, never to judge.
 */
export function compareMeasurements(
  stated: ReleaseFields['measurements'],
  computed: readonly ShapeMeasurement[],
  published: readonly ShapeMeasurement[] = [],
): Comparison {
  const differences: Difference[] = [];
  let agreeing = 0;
  const find = (list: readonly ShapeMeasurement[], platform: string, shape: string) =>
    list.find((one) => one.platform === platform && one.shape === shape) ?? null;
  for (const [platform, shapes] of Object.entries(stated)) {
    for (const { shape, registers } of shapes) {
      const own = find(computed, platform, shape);
      if (own === null) differences.push({ kind: 'not-computed', platform, shape });
      else
        for (const [register, value] of Object.entries(registers)) {
          if (own.registers[register] === value) agreeing++;
          else differences.push(compareRegister(register, value, own, find(published, platform, shape)));
        }
    }
  }
  for (const { platform, shape } of computed) {
    const isStated = stated[platform]?.some((one) => one.shape === shape);
    if (!isStated) differences.push({ kind: 'not-released', platform, shape });
  }
  return { agreeing, differences };
}
