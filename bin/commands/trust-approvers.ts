/** Who may approve programs under one trust domain and not under another, in plain words. */
import type { PolicyInForce } from '../../protocol/log/authorise.ts';
import type { DiffMark } from '../../protocol/policy-diff.ts';

interface ApproverLine {
  id: 'approvers';
  mark: DiffMark;
  title: string;
  detail: string;
}

type Publishers = PolicyInForce['publishers'];
type Publisher = Publishers[number];

/** Those that the other list has not, by key: a name says nothing. */
const without = (publishers: Publishers, others: Publishers) =>
  publishers.filter(({ key }) => !others.some((other) => other.key === key));

/** A trust domain, and who approves in its log; null where that is not known. */
interface Side {
  domain: { name: string };
  approvers: PolicyInForce | null;
}

/** A line for each way in which people differ, and one for those who are in both. Nothing where one side is not known. */
export function compareApprovers(theirs: Side, ours: Side): ApproverLine[] {
  if (theirs.approvers === null || ours.approvers === null) return [];
  const [there, here] = [theirs.approvers.publishers, ours.approvers.publishers];
  const [added, missing] = [without(there, here), without(here, there)];
  const isIn = (list: Publishers) => (one: Publisher) => list.some(({ name }) => name === one.name);
  const swapped = added.filter(isIn(missing));
  const groups: [Publishers, DiffMark, string, string][] = [
    [
      swapped,
      'new',
      'The name of an approver stands for another key',
      'Ask them in another way whose key it is',
    ],
    [
      added.filter((one) => !swapped.includes(one)),
      'new',
      `May approve under ${theirs.domain.name} only`,
      `Not under ${ours.domain.name}`,
    ],
    [
      missing.filter((one) => !isIn(swapped)(one)),
      'new',
      `May approve under ${ours.domain.name} only`,
      `Not under ${theirs.domain.name}`,
    ],
    [there.filter((one) => !added.includes(one)), 'same', 'May approve under both', 'With the same key'],
  ];
  return groups
    .filter(([people]) => people.length > 0)
    .map(([people, mark, title, detail]) => ({
      id: 'approvers',
      mark,
      title: `${title}: ${people.map(({ name }) => name).join(', ')}`,
      detail: `${detail}.`,
    }));
}
