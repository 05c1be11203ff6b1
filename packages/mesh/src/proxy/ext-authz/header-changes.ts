import { validateHeaderName, validateHeaderValue } from "node:http";

export type Pairs = readonly (readonly [name: string, value: string])[];

/** What becomes of the headers of a request that is allowed. */
export interface HeaderChanges {
  /** In place of what is there. */
  readonly set: Pairs;
  /** Behind what is there; where nothing is, it stays so, as in Envoy. */
  readonly append: Pairs;
  readonly remove: readonly string[];
}

export const noChanges: HeaderChanges = { set: [], append: [], remove: [] };

const framing = ":.*|host|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer";

/** What says where a request ends, or is its target: who changes it makes another request of it than was decided. */
export const fixed: RegExp = new RegExp(`^(${framing}|expect)$`, "i");

/** What an answer says of the connection that it came on. */
const ofAnswer = new RegExp(`^(${framing}|proxy-connection)$`, "i");

/** Of headers as they came, names and values in turns. */
export function changedHeaders(raw: readonly string[], changes: HeaderChanges): readonly string[] {
  if (changes === noChanges) return raw;
  const [set, append] = [changes.set, changes.append].map((pairs) => pairs.filter(([name]) => !fixed.test(name)));
  const there = new Set(raw.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase()));
  const gone = new Set([...changes.remove, ...(set ?? []).map(([name]) => name)].map((name) => name.toLowerCase()));
  const kept = raw.filter((_, i) => {
    const name = (raw[i - (i % 2)] as string).toLowerCase();
    return fixed.test(name) || !gone.has(name);
  });
  const added = (append ?? []).filter(([name]) => there.has(name.toLowerCase()));
  return [...kept, ...(set ?? []).flat(), ...added.flat()];
}

/** Headers of an answer that go to a client: not those that are of the connection they came on. */
export function clientHeaders(pairs: Pairs): Pairs {
  return pairs.filter(([name]) => !ofAnswer.test(name));
}

/** Whether all can be written as headers: a line's end in a value would begin another one. */
export function areHeaders(pairs: Pairs): boolean {
  try {
    for (const [name, value] of pairs) {
      if (name.startsWith(":")) continue;
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    return true;
  } catch {
    return false;
  }
}

/** By the lists of a provider: names in any case, with a star at an end. */
export function nameMatcher(patterns: readonly string[] = []): (name: string) => boolean {
  const lower = patterns.map((each) => each.toLowerCase());
  return (given) => {
    const name = given.toLowerCase();
    return lower.some((each) => {
      if (each.startsWith("*")) return name.endsWith(each.slice(1));
      return each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : name === each;
    });
  };
}
