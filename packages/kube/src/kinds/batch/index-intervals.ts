type Interval = readonly [first: number, last: number];

/** One `3` or `3-5` of a text; words for what is none below `completions`. */
function intervalOf(text: string, completions: number): Interval | string {
  const limits = text.split("-");
  if (limits.length > 2)
    return `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  const numbers: number[] = [];
  for (const limit of limits) {
    if (!/^\+?\d+$/.test(limit)) return `cannot convert string to integer for index: ${JSON.stringify(limit)}`;
    if (Number(limit) >= completions) return `too large index: ${JSON.stringify(limit)}`;
    numbers.push(Number(limit));
  }
  const [first = 0, last = first] = numbers;
  return numbers.length === 2 && first >= last
    ? `non-increasing order, previous: ${first}, current: ${last}`
    : [first, last];
}

/** How many indexes a text like `1,3-5` holds; words for one that is malformed. */
export function countIndexes(text: string, completions: number): number | string {
  let [total, previous] = [0, -1];
  for (const part of text === "" ? [] : text.split(",")) {
    const interval = intervalOf(part, completions);
    if (typeof interval === "string") return interval;
    const [first, last] = interval;
    if (previous >= first) return `non-increasing order, previous: ${previous}, current: ${first}`;
    total += last - first + 1;
    previous = last;
  }
  return total;
}

/** The first index that two texts have in common, in the order of the intervals; undefined when there is none. */
export function sharedIndex(a: string, b: string, completions: number): number | undefined {
  const [left, right] = [intervalsIn(a, completions), intervalsIn(b, completions)];
  for (let [i, j] = [0, 0]; i < left.length && j < right.length; ) {
    const [[from, to], [otherFrom, otherTo]] = [left[i] as Interval, right[j] as Interval];
    if (from <= otherTo && otherFrom <= to) return Math.max(from, otherFrom);
    if (from <= otherFrom) i++;
    else j++;
  }
  return undefined;
}

/** Without those that are malformed. */
function intervalsIn(text: string, completions: number): readonly Interval[] {
  const parts = text === "" ? [] : text.split(",");
  return parts.map((part) => intervalOf(part, completions)).filter((each) => typeof each !== "string");
}
