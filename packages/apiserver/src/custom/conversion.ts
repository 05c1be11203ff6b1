import { randomUUID } from "node:crypto";
import type { AdmissionEffects, ObjectReader } from "@sallyport/admission";
import {
  apiVersionOf,
  type CustomVersion,
  definitionOf,
  type KubeObject,
  parseApiVersion,
  type ResourceInfo,
  StatusError,
} from "@sallyport/kube";
import { askConversion, MalformedReview } from "./conversion-webhook.ts";
import { inVersion, isServedKnown, keepServed } from "./objects.ts";

/** One call of a conversion webhook: of which definition, between which versions, and what was wrong with it. */
export interface Converted {
  readonly definition: string;
  readonly from: string;
  readonly to: string;
  readonly seconds: number;
  /** kube-apiserver's `failure_type`; empty where nothing was. */
  readonly fault: "" | `conversion_webhook_${FaultKind}_failure`;
}

export type OnConverted = (call: Converted) => void;

type FaultKind = "call" | "malformed_response" | "partial_response" | "invalid_converted_object";

/** Turns custom objects into other versions of their definitions, by the webhook that the definition names. */
export class CustomConversions {
  readonly #post: AdmissionEffects["post"];
  readonly #reader: ObjectReader;
  readonly #onConverted: OnConverted;

  constructor(post: AdmissionEffects["post"], reader: ObjectReader, onConverted: OnConverted = () => {}) {
    this.#post = post;
    this.#reader = reader;
    this.#onConverted = onConverted;
  }

  /** Has objects of the cache at hand in the version of a resource. Throws what kube-apiserver answers when the webhook fails. */
  async prepare(objects: Iterable<KubeObject>, info: ResourceInfo): Promise<void> {
    const { custom } = info;
    if (custom === undefined || !hasWebhook(custom)) return;
    const wanted = apiVersionOf(info);
    const others = [...objects].filter((each) => each.apiVersion !== wanted && !isServedKnown(each, custom));
    if (others.length === 0) return;
    const converted = await this.#convert(others, wanted, custom);
    for (const [i, object] of others.entries()) keepServed(object, converted[i] as KubeObject, custom);
  }

  /** An object as it is to be stored: in the storage version of its definition. */
  async stored(object: KubeObject, { group, custom }: ResourceInfo): Promise<KubeObject> {
    if (custom === undefined) return object;
    const wanted = apiVersionOf({ group, version: custom.storageVersion });
    if (object.apiVersion === wanted) return object;
    if (!hasWebhook(custom)) return inVersion(object, wanted, custom);
    return (await this.#convert([object], wanted, custom))[0] as KubeObject;
  }

  async #convert(
    objects: readonly KubeObject[],
    wanted: string,
    { definition }: CustomVersion,
  ): Promise<readonly KubeObject[]> {
    const { conversion } = definitionOf(definition).spec;
    const first = objects[0] as KubeObject;
    const { group, version } = parseApiVersion(first.apiVersion);
    const of = `conversion webhook for ${group}/${version}, Kind=${first.kind}`;
    const start = performance.now();
    const tell = (fault: Converted["fault"]) =>
      this.#onConverted({
        definition: definition.metadata.name ?? "",
        from: version,
        to: parseApiVersion(wanted).version,
        seconds: (performance.now() - start) / 1000,
        fault,
      });
    try {
      const answer = await askConversion(objects, wanted, conversion?.webhook ?? {}, {
        uid: randomUUID(),
        post: this.#post,
        reader: this.#reader,
      });
      const made = restored(objects, answer, wanted);
      tell("");
      return made;
    } catch (error) {
      const { message } = error as Error;
      tell(`conversion_webhook_${faultKindOf(error)}_failure`);
      throw new StatusError(undefined, `${of} ${error instanceof BadAnswer ? message : `failed: ${message}`}`);
    }
  }
}

function faultKindOf(error: unknown): FaultKind {
  if (error instanceof BadAnswer) return error.what;
  return error instanceof MalformedReview ? "malformed_response" : "call";
}

export function hasWebhook({ definition }: CustomVersion): boolean {
  return definitionOf(definition).spec.conversion?.strategy === "Webhook";
}

/** An answer that came, but with objects that are not those that were asked about. */
class BadAnswer extends Error {
  readonly what: FaultKind;

  constructor(message: string, what: FaultKind = "invalid_converted_object") {
    super(message);
    this.what = what;
  }
}

function restored(objects: readonly KubeObject[], answer: readonly unknown[], wanted: string): readonly KubeObject[] {
  if (answer.length !== objects.length)
    throw new BadAnswer(
      answer.length === 0 && objects.length === 1
        ? "failed, no objects returned"
        : `returned ${answer.length} objects, expected ${objects.length}`,
      "partial_response",
    );
  return objects.map((object, i) => restore(object, answer[i] as KubeObject, wanted, i));
}

/** A converted object keeps all its metadata but labels and annotations. */
function restore(object: KubeObject, made: KubeObject, wanted: string, i: number): KubeObject {
  const refuse = (why: string) => new BadAnswer(`returned invalid object at index ${i}: ${why}`);
  if (made.apiVersion !== wanted)
    throw refuse(`invalid groupVersion (expected ${wanted}, received ${made.apiVersion})`);
  if (made.kind !== object.kind) throw refuse(`invalid kind (expected ${object.kind}, received ${made.kind})`);
  for (const field of ["name", "namespace", "uid"] as const) {
    const [before = "", now = ""] = [object.metadata[field], made.metadata?.[field]];
    if (before !== now)
      throw new BadAnswer(
        `returned invalid object: must have the same ${field === "uid" ? "UID" : field}: ${before} != ${now}`,
      );
  }
  const { labels, annotations } = made.metadata;
  const { labels: _labels, annotations: _annotations, ...kept } = object.metadata;
  const metadata = {
    ...kept,
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { ...made, metadata };
}
