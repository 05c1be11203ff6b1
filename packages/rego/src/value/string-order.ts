/** Up to this many strings are put in place one by one: calling the engine's sort costs more. */
const fewStrings = 8;

/** Sorts in place by code point: by the engine's own order, which is faster, where that is the same. */
export function sortStrings(strings: string[]): string[] {
  if (strings.length <= fewStrings) return insertionSort(strings);
  strings.sort();
  return strings.some((each) => surrogate.test(each)) ? strings.sort(compareStrings) : strings;
}

function insertionSort(strings: string[]): string[] {
  for (let i = 1; i < strings.length; i++) {
    const each = strings[i] as string;
    let at = i;
    for (; at > 0 && compareStrings(strings[at - 1] as string, each) > 0; at--) strings[at] = strings[at - 1] as string;
    strings[at] = each;
  }
  return strings;
}

const surrogate = /[\ud800-\udfff]/;

/** Strings by code point, as Go compares UTF-8 bytes; JavaScript compares UTF-16 units, which differ above U+FFFF. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const surrogates = Number(isSurrogate(x)) - Number(isSurrogate(y));
    return surrogates !== 0 ? surrogates : x - y;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
