import { findSchema, type ResourceInfo, type Schema } from "@sallyport/kube";

/** Random numbers of a seed, so that a fault can be had again. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, not including, `count`. Mulberry32. */
  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  }

  /** One time in `count`. */
  once(count: number): boolean {
    return this.below(count) === 0;
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** Up to `most` of them, some more than once. */
  some<T>(values: readonly T[], most: number): readonly T[] {
    return Array.from({ length: this.below(most + 1) }, () => this.of(values));
  }
}

/** Texts that parsers trip over, beside some that are right somewhere. */
export const texts: readonly string[] =
  " | |a|A|a.b|a/b|/|//|..|../..|a-|-a|1|0|-1|1.5|1e9|1e400|NaN|null|true|{}|[]|{|[|'|\"|\\|%|%00|\u0000|\u2028|é|𝒜|\ud800|x.example.com/a|10.0.0.1|::1|fe80::1%eth0|300.0.0.1|1Gi|-1Ki|1n|999999999999999999999|80|http|TCP|Always|Never|In|Exists|Equal|v1|apps/v1|2026-01-02T03:04:05Z|2026-13-45T99:99:99Z|0001-01-01T00:00:00Z|1h|PT1H|*/5 * * * *|* * * * * *|$(A)|__proto__|constructor|toString|hasOwnProperty|a b|a\nb|a=b|a!=b|!a|a in (b|a notin (b,c)|(|)|,|=|sha256:abc|docker.io/a:b@sha256:c|ClusterIP|None|default|kube-system|metadata.name|.spec|{.a[*]}|~1|~0|-|*|system:masters|system:serviceaccount:default:default"
    .split("|")
    .concat(["x".repeat(300), "a/".repeat(200), "9".repeat(400)]);

const wrong: readonly unknown[] = [null, true, false, 0, -1, 1.5, 1e20, 2 ** 53, "", "a", [], [null], {}, { a: null }];

/** Deeper objects are cut: types refer to themselves. */
const maxDepth = 7;

/** A value for a schema, mostly of its type, some fields wrong. */
export function randomValue(dice: Dice, schema: Schema | undefined, depth = 0): unknown {
  if (dice.once(25)) return dice.of(wrong);
  const resolved = schema?.r === undefined ? schema : findSchema(schema.r);
  if (resolved === undefined || depth > maxDepth) return dice.of(wrong);
  if (schema?.r?.endsWith(".Quantity") === true || schema?.r?.endsWith(".IntOrString") === true)
    return dice.once(2) ? dice.below(70_000) - 10 : dice.of(texts);
  switch (resolved.t) {
    case "string":
      return dice.of(texts);
    case "integer":
    case "number":
      return dice.of([0, 1, 2, 80, -1, 65_536, 2 ** 31, 2 ** 40]);
    case "boolean":
      return dice.once(2);
    case "array":
      return Array.from({ length: dice.below(3) }, () => randomValue(dice, resolved.i, depth + 1));
    default:
      return resolved.p === undefined
        ? Object.fromEntries(dice.some(texts, 2).map((key) => [key, randomValue(dice, resolved.v, depth + 1)]))
        : randomFields(dice, resolved, depth);
  }
}

/** The deeper, the fewer; required ones nearly always. */
function randomFields(dice: Dice, { p = {}, q = [] }: Schema, depth: number): object {
  const names = Object.keys(p).filter((name) => (q.includes(name) ? !dice.once(10) : dice.once(depth < 2 ? 2 : 4)));
  const fields = names.map((name) => [name, randomValue(dice, p[name], depth + 1)]);
  if (dice.once(15)) fields.push([dice.of(texts), dice.of(wrong)]);
  return Object.fromEntries(fields);
}

/** An object of a resource with a name that is mostly right. */
export function randomObject(dice: Dice, { group, version, kind, schema }: ResourceInfo): { [field: string]: unknown } {
  const value = randomValue(dice, schema === undefined ? undefined : { r: schema });
  const fields = typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  const metadata = dice.once(8)
    ? randomValue(dice, { r: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" })
    : { name: dice.once(10) ? dice.of(texts) : `o${dice.below(6)}`, labels: { a: "b" } };
  const apiVersion = group === "" ? version : `${group}/${version}`;
  return dice.once(30) ? { ...fields, metadata } : { ...fields, apiVersion, kind, metadata };
}
