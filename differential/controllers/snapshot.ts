import { canonical } from "@sallyport/kube";
import type { Json } from "./scenario.ts";

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
/** Ends of names that are drawn. */
const drawn = /-[bcdfghjklmnpqrstvwxz2456789]{5}(?![a-z0-9])/g;
/** Hashes of templates whose objects are gone. */
const hash = /-[bcdfghjklmnpqrstvwxz2456789]{8,10}(?![a-z0-9])/g;
const serviceAddress = /\b10\.0\.0\.\d+\b/g;
const podAddress = /\b10\.7\.0\.\d+\b/g;
/** A CronJob's job is named after its minute. */
const minute = /-\d{8}(?!\d)/g;
const pem = /-----BEGIN [^-]+-----[^-]+-----END [^-]+-----\n?/g;

/** Lists that stand for sets: both servers draw their order. */
const sets: ReadonlySet<string> = new Set([
  "endpoints",
  "addresses",
  "notReadyAddresses",
  "ports",
  "uncountedTerminatedPods",
]);

/** Objects by kind and name, without what is each server's own: times, uids, versions, drawn names. Names that look alike are numbered. */
export type Snapshot = ReadonlyMap<string, Json>;

/** Takes what is masked from a server's objects. It remembers the hashes of a scenario, which outlive their objects. */
export class Masks {
  readonly #hashes = new Map<string, string>();

  snapshotOf(objects: readonly Json[]): Snapshot {
    for (const { metadata } of objects) this.#learn(metadata);
    const uids = new Map(objects.map(({ kind, metadata }) => [metadata.uid, `(${kind}/${this.#text(metadata.name)})`]));
    const shown = objects
      .map((each) => (each.kind === "events" ? eventOf(each) : each))
      .map((each) => this.#value(each, "", uids));
    const groups = Map.groupBy(shown, ({ kind, metadata }) => `${kind} ${metadata.name}`);
    return new Map(
      [...groups].flatMap(([name, group]) => {
        const texts = group.map((each) => canonical(each)).toSorted();
        // Of an event it counts that there was one.
        const all = name.startsWith("events ") ? [...new Set(texts)] : texts;
        return all.map((text, i) => [i === 0 ? name : `${name} (${i + 1})`, JSON.parse(text)] as const);
      }),
    );
  }

  #learn({ labels = {}, annotations = {} }: Json): void {
    const name = labels["pod-template-hash"];
    const revision = annotations["deployment.kubernetes.io/revision"];
    if (name !== undefined && revision !== undefined && !this.#hashes.has(name))
      this.#hashes.set(name, `(rev${revision})`);
  }

  #text(text: string): string {
    let shown = text;
    for (const [name, stands] of this.#hashes) shown = shown.replaceAll(name, stands);
    return shown
      .replace(pem, "(pem)")
      .replace(minute, "-(minute)")
      .replace(drawn, "-(drawn)")
      .replace(hash, "-(hash)")
      .replace(serviceAddress, "(address)")
      .replace(podAddress, "(pod address)")
      .replace(time, "(time)");
  }

  #value(value: Json, key: string, uids: ReadonlyMap<string, string>): Json {
    if (own.has(key) && value !== null) return "(own)";
    if (typeof value === "string") {
      if (uids.has(value)) return uids.get(value);
      if (/(?:-hash|Revision|\/hash)$/.test(key)) return this.#text(`-${value}`).slice(1);
      return this.#text(value.replace(uuid, "(uid)"));
    }
    if (typeof value === "number" && key === "nodePort") return "(port)";
    if (Array.isArray(value)) {
      const items = value.map((each) => this.#value(each, "", uids));
      return sets.has(key) ? items.toSorted((a, b) => (canonical(a) < canonical(b) ? -1 : 1)) : items;
    }
    if (typeof value !== "object" || value === null) return value;
    const fields = Object.entries(value).filter(([name]) => !left.has(name));
    return Object.fromEntries(fields.map(([name, each]) => [this.#text(name), this.#value(each, name, uids)]));
  }
}

/** What each server makes of itself, and its keys. */
const own: ReadonlySet<string> = new Set(["certificate", "ca.crt", "token"]);

const left: ReadonlySet<string> = new Set(["resourceVersion", "managedFields"]);

/** What was told, by whom and of what. */
function eventOf({ kind, involvedObject, reason, message, type, source, metadata }: Json): Json {
  const { kind: of, name } = involvedObject;
  return { kind, metadata: { name: `${of} ${name} ${reason}`, namespace: metadata.namespace }, message, type, source };
}
