/**
 * Does what was seen of an exchange tell something about a secret number? Two tests without assumptions about
 * distributions: the largest rank correlation of any feature, and a nearest-neighbour classifier, each against
 * what comes out when the secrets are shuffled among exchanges of the same bucket.
 */

export interface Sample {
  bucket: number;
  secret: number;
  features: number[];
}

export interface Leak {
  /** Largest rank correlation between a feature and the secret, of which one, and how often chance does as well. */
  correlation: number;
  feature: number;
  correlationP: number;
  /** Share of exchanges that the classifier puts on the right side of the median of their bucket. */
  accuracy: number;
  chance: number;
  accuracyP: number;
}

const NEIGHBOURS = 5;
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Ranks from 0, ties sharing their mean rank. */
function ranks(values: number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2);
}

/** Mean 0 and length 1, or zeros where all values are equal. */
function normalised(values: number[]): number[] {
  const centre = mean(values);
  const length = Math.hypot(...values.map((value) => value - centre));
  return values.map((value) => (length < 1e-9 ? 0 : (value - centre) / length));
}

/** `values` changed group by group. */
function byBucket(buckets: number[], values: number[], change: (group: number[]) => number[]): number[] {
  const result = [...values];
  for (const bucket of new Set(buckets)) {
    const members = [...buckets.keys()].filter((index) => buckets[index] === bucket);
    const changed = change(members.map((index) => values[index] ?? 0));
    members.forEach((index, place) => {
      result[index] = changed[place] ?? 0;
    });
  }
  return result;
}

/** A generator of numbers in [0, 1) with a fixed beginning (xorshift). */
export function seededRandom(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

function shuffled(values: number[], random: () => number): number[] {
  const copy = [...values];
  for (let at = copy.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [copy[at], copy[other]] = [copy[other] ?? 0, copy[at] ?? 0];
  }
  return copy;
}

/** The nearest others of the same bucket, for each exchange. */
function neighbours(buckets: number[], columns: number[][]): number[][] {
  return buckets.map((bucket, one) => {
    const distance = (other: number) =>
      Math.hypot(...columns.map((column) => (column[one] ?? 0) - (column[other] ?? 0)));
    return [...buckets.keys()]
      .filter((other) => other !== one && buckets[other] === bucket)
      .map((other) => ({ other, far: distance(other) }))
      .sort((a, b) => a.far - b.far)
      .slice(0, NEIGHBOURS)
      .map(({ other }) => other);
  });
}

/** Looks for the secret in the features, leaving out buckets with too few exchanges to say anything. */
export function findLeak(all: Sample[], rounds = 2000): Leak {
  const sizeOf = (wanted: number) => all.filter(({ bucket }) => bucket === wanted).length;
  const samples = all.filter(({ bucket }) => sizeOf(bucket) > 2 * NEIGHBOURS);
  const buckets = samples.map(({ bucket }) => bucket);
  const random = seededRandom(20_261_125);
  const count = samples[0]?.features.length ?? 0;
  const raw = Array.from({ length: count }, (_, i) => samples.map(({ features }) => features[i] ?? 0));
  const columns = raw.map((column) => byBucket(buckets, column, (group) => normalised(ranks(group))));
  const secrets = byBucket(
    buckets,
    samples.map(({ secret }) => secret),
    (group) => normalised(ranks(group)),
  );
  const near = neighbours(buckets, columns);
  const share = new Set(buckets).size;
  const correlations = (values: number[]) =>
    columns.map((column) =>
      Math.abs(column.reduce((sum, value, index) => sum + value * (values[index] ?? 0), 0) / share),
    );
  const correlate = (values: number[]) => Math.max(...correlations(values));
  const classify = (values: number[]) =>
    mean(
      near.map((others, one) => {
        const votes = others.filter((other) => (values[other] ?? 0) > 0).length;
        return votes > others.length / 2 === (values[one] ?? 0) > 0 ? 1 : 0;
      }),
    );
  const correlation = correlate(secrets);
  const accuracy = classify(secrets);
  const byChance = Array.from({ length: rounds }, () => {
    const values = byBucket(buckets, secrets, (group) => shuffled(group, random));
    return { correlation: correlate(values), accuracy: classify(values) };
  });
  const p = (better: number) => (better + 1) / (rounds + 1);
  return {
    correlation,
    feature: correlations(secrets).indexOf(correlation),
    correlationP: p(byChance.filter((chance) => chance.correlation >= correlation).length),
    accuracy,
    chance: mean(byChance.map((chance) => chance.accuracy)),
    accuracyP: p(byChance.filter((chance) => chance.accuracy >= accuracy).length),
  };
}
