import type { KubeObject } from "@sallyport/kube";
import { type Fields, isFields, textOf } from "../fields.ts";
import { goType } from "../mutation/change.ts";
import { noProvider, type ProviderAnswer } from "./exchange.ts";
import type { ExternalDataSource } from "./external-data.ts";

export type ProviderFailurePolicy = "Fail" | "Ignore" | "UseDefault";

/** `assign.externalData` of a mutator. */
export interface ExternalDataRef {
  readonly provider: string;
  readonly dataSource: "ValueAtLocation" | "Username";
  readonly failurePolicy: ProviderFailurePolicy;
  readonly default: string;
}

/** Throws an error of one line. */
export function readExternalData(value: unknown): ExternalDataRef {
  const { provider, dataSource = "ValueAtLocation", failurePolicy = "Fail", default: given } = value as Fields;
  if (dataSource !== "ValueAtLocation" && dataSource !== "Username")
    throw new Error(`externalData.dataSource: Unsupported value: ${JSON.stringify(dataSource)}`);
  if (failurePolicy !== "Fail" && failurePolicy !== "Ignore" && failurePolicy !== "UseDefault")
    throw new Error(`externalData.failurePolicy: Unsupported value: ${JSON.stringify(failurePolicy)}`);
  if (failurePolicy === "UseDefault" && textOf(given) === "")
    throw new Error("`default` must not be empty when `failurePolicy` is set to `UseDefault`");
  return { provider: textOf(provider), dataSource, failurePolicy, default: textOf(given) };
}

/** No object has this field: it marks what stands in an object for a value that a Provider has yet to tell. */
const mark = "\0externalData";

/** What a mutator sets: it is replaced when all mutators have come to rest. */
export function placeholderFor(ref: ExternalDataRef, key: string): Fields {
  return { [mark]: ref, key };
}

export function isPlaceholder(value: unknown): value is Fields & { readonly key: string } {
  return isFields(value) && Object.hasOwn(value, mark);
}

/** The placeholder over what stands there already: a text, or one of another mutator. Throws an error of one line. */
export function placeholderOver(placeholder: Fields, current: unknown): Fields {
  if (isPlaceholder(current)) return { ...placeholder, key: current.key };
  if (typeof current === "string") return { ...placeholder, key: current };
  throw new Error(
    `value assigned to external data placeholder is not a string, got ${JSON.stringify(current)} (${goType(current)})`,
  );
}

/** The object with the values of Providers, each asked once for all its keys. Throws an error of one line for what fails and may not. */
export function resolvePlaceholders(object: KubeObject, source: ExternalDataSource | undefined): KubeObject {
  const keys = new Map<string, Set<string>>();
  eachPlaceholder(object, ({ ref, key }) => {
    const known = keys.get(ref.provider) ?? new Set();
    keys.set(ref.provider, known.add(key));
  });
  if (keys.size === 0) return object;
  if (source === undefined)
    throw new Error(
      "failed to get client TLS certificate: external data client certificate watcher is not initialized",
    );
  const answers = new Map([...keys].map(([provider, all]) => [provider, source.ask(provider, [...all].sort())]));
  const faults: string[] = [];
  const resolved = structuredClone(object);
  eachPlaceholder(resolved, ({ ref, key, holder, field }) => {
    const value = valueFor(ref, key, answers.get(ref.provider) as ProviderAnswer);
    if ("value" in value) holder[field] = value.value;
    else if (ref.failurePolicy === "Ignore") holder[field] = key;
    else if (ref.failurePolicy === "UseDefault") holder[field] = ref.default;
    else faults.push(value.fault);
  });
  if (faults.length > 0) throw new Error(faults.length === 1 ? faults[0] : `[${faults.join(", ")}]`);
  return resolved;
}

interface Place {
  readonly ref: ExternalDataRef;
  readonly key: string;
  readonly holder: { [field: string]: unknown };
  readonly field: string;
}

function eachPlaceholder(value: unknown, visit: (place: Place) => void): void {
  if (Array.isArray(value)) for (const each of value) eachPlaceholder(each, visit);
  else if (isFields(value))
    for (const [field, each] of Object.entries(value)) {
      if (isPlaceholder(each)) visit({ ref: each[mark] as ExternalDataRef, key: each.key, holder: value, field });
      else eachPlaceholder(each, visit);
    }
}

function valueFor(
  { provider }: ExternalDataRef,
  key: string,
  answer: ProviderAnswer,
): { readonly value: string } | { readonly fault: string } {
  if (answer === noProvider) return { fault: `failed to find external data provider ${provider} in responses` };
  if (answer.fault !== undefined)
    return { fault: `failed to send external data request to provider ${provider}: ${answer.fault}` };
  const refused = (why: string) => ({
    fault: `failed to validate external data response from provider ${provider}: ${why}`,
  });
  if (answer.systemError.trim() !== "") return refused(`non-empty system error: ${answer.systemError.trim()}`);
  if (!answer.idempotent) return refused("non-idempotent response");
  const item = answer.items.findLast((each) => each.key === key);
  if (item === undefined) return { fault: `failed to find external data item in response for provider ${provider}` };
  if (item.error !== "")
    return { fault: `failed to retrieve external data item from provider ${provider}: ${item.error}` };
  if (typeof item.value === "string") return { value: item.value };
  return {
    fault: `failed to convert external data item value from provider ${provider} to string, got type ${goType(item.value)}`,
  };
}
