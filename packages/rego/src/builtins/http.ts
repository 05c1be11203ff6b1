import { lookup } from "../value/access.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError, type QueryState } from "./builtin.ts";
import { regoText } from "./go-format.ts";
import { goQuote } from "./go-quote.ts";
import { expiryOf, isCacheable, mayStore, secondsAfter } from "./http-cache.ts";
import { BareFault, cacheKey, checkFields, flagOf, httpRequestFrom } from "./http-request.ts";
import { type Decoding, responseValue } from "./http-response.ts";
import type { CachedResponse, HttpAnswer, HttpFailure, HttpResponse } from "./network.ts";
import { objectAt } from "./operands.ts";

/** A request that the network failed, where other `BuiltinError`s are of the request itself. */
class NetworkError extends BuiltinError {
  /** The words without `raise_error`. */
  readonly plain: string;

  constructor({ reason, method, url, message }: HttpFailure) {
    const verb = method.charAt(0) + method.slice(1).toLowerCase();
    const plain = `${verb} ${goQuote(url)}: ${message}`;
    super(reason === "timeout" ? `${verb} ${url}: request timed out` : plain);
    this.plain = plain;
  }
}

function send(args: readonly Value[], state: QueryState): Value {
  const operand = objectAt(args, 1);
  const raises = lookup(operand, "raise_error") ?? true;
  if (typeof raises !== "boolean") throw new BuiltinError("invalid value for raise_error field");
  try {
    checkFields(operand);
    return answer(operand, state);
  } catch (error) {
    if (raises || !(error instanceof BuiltinError)) throw error;
    return errorValue(error);
  }
}

/** With `raise_error: false`, what the policy gets instead of an error. */
function errorValue(error: BuiltinError): Value {
  if (error instanceof NetworkError)
    return { status_code: 0, error: { code: "eval_http_send_network_error", message: error.plain } };
  const message = error instanceof BareFault ? error.message : `${error.code}: http.send: ${error.message}`;
  return { status_code: 0, error: { code: "eval_http_send_internal_error", message } };
}

/** Answers of this query by request, failures too: the same request again is not sent again. */
type Memory = Map<string, Value | BuiltinError>;

function memoryOf({ cache }: QueryState): Memory {
  const known = cache.get("http.send") as Memory | undefined;
  if (known !== undefined) return known;
  const memory: Memory = new Map();
  cache.set("http.send", memory);
  return memory;
}

function answer(operand: Value, state: QueryState): Value {
  const key = cacheKey(operand);
  const policy = cachePolicyOf(operand);
  const memory = memoryOf(state);
  const known = memory.get(key);
  if (known instanceof BuiltinError) throw known;
  if (known !== undefined) return known;
  const sending: Sending = { operand, state, key, policy };
  try {
    const isKept = policy !== undefined && state.effects.httpCache !== undefined;
    const response = (isKept ? cachedResponse(sending) : undefined) ?? freshResponse(sending);
    const value = responseValue(response, decodingOf(operand));
    if (isKept || isCacheable(response)) memory.set(key, value);
    return value;
  } catch (error) {
    if (error instanceof BuiltinError) memory.set(key, error);
    throw error;
  }
}

interface Sending {
  readonly operand: Value;
  readonly state: QueryState;
  readonly key: string;
  readonly policy: CachePolicy | undefined;
}

function decodingOf(operand: Value): Decoding {
  return { forceJson: flagOf(operand, "force_json_decode"), forceYaml: flagOf(operand, "force_yaml_decode") };
}

/** How long a request's response may be kept between queries: as its headers say, or for so many seconds. */
interface CachePolicy {
  readonly forcedSeconds: number;
}

function cachePolicyOf(operand: Value): CachePolicy | undefined {
  const isWanted = flagOf(operand, "cache");
  if (!flagOf(operand, "force_cache")) return isWanted ? { forcedSeconds: 0 } : undefined;
  const seconds = lookup(operand, "force_cache_duration_seconds");
  if (seconds === undefined)
    throw new BuiltinError("'force_cache' set but 'force_cache_duration_seconds' parameter is missing");
  const text = regoText(seconds);
  if (!/^[+-]?\d+$/.test(text)) throw new BuiltinError(`strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`);
  if (Math.abs(Number(text)) >= 2 ** 31)
    throw new BuiltinError(`strconv.ParseInt: parsing ${goQuote(text)}: value out of range`);
  return { forcedSeconds: Number(text) };
}

function freshResponse(sending: Sending): HttpResponse {
  const response = perform(sending);
  store(sending, response);
  return response;
}

/** Sends the request; `extra` are headers beside its own. */
function perform({ operand, state }: Sending, extra: { readonly [name: string]: string } = {}): HttpResponse {
  const { effects } = state;
  const request = httpRequestFrom(operand, state);
  if (effects.fetch === undefined) throw new BuiltinError("requests can only be sent in asynchronous evaluation");
  const found: HttpAnswer = effects.fetch({ ...request, headers: { ...request.headers, ...extra } });
  if (found.kind === "response") return found;
  throw new NetworkError(found);
}

/** Keeps a response for later queries where the request, the server and its status allow it. */
function store({ operand, state, key, policy }: Sending, response: HttpResponse): void {
  const { httpCache, nowNs } = state.effects;
  if (policy === undefined || httpCache === undefined || !isCacheable(response) || !isModeKnown(operand)) return;
  if (policy.forcedSeconds <= 0 && !mayStore(response)) return;
  const expiresAtNs = expiry(policy, nowNs, response);
  if (expiresAtNs !== undefined) httpCache.set(key, { response, expiresAtNs });
}

function expiry({ forcedSeconds }: CachePolicy, nowNs: bigint, response: HttpResponse): bigint | undefined {
  return forcedSeconds > 0 ? secondsAfter(nowNs, forcedSeconds) : expiryOf(response);
}

/** Both of OPA's ways to keep a response are one here. */
function isModeKnown(operand: Value): boolean {
  const mode = lookup(operand, "caching_mode") ?? "serialized";
  return mode === "serialized" || mode === "deserialized";
}

/** A response kept from an earlier query, once the server has confirmed it if it is no longer fresh. */
function cachedResponse(sending: Sending): HttpResponse | undefined {
  const { effects } = sending.state;
  const entry = effects.httpCache?.get(sending.key);
  if (entry === undefined || effects.nowNs < entry.expiresAtNs) return entry?.response;
  return revalidated(sending, entry);
}

function revalidated(sending: Sending, { response: old }: CachedResponse): HttpResponse | undefined {
  const { httpCache, nowNs } = sending.state.effects;
  const etag = old.headers.etag?.[0] ?? "";
  const lastModified = old.headers["last-modified"]?.[0] ?? "";
  httpCache?.delete(sending.key);
  if (etag === "" && lastModified === "") return undefined;
  const answered = perform(sending, {
    ...(etag === "" ? {} : { "If-None-Match": etag }),
    ...(lastModified === "" ? {} : { "If-Modified-Since": lastModified }),
  });
  if (answered.statusCode === 200) {
    store(sending, answered);
    return answered;
  }
  if (answered.statusCode !== 304) return undefined;
  const response: HttpResponse = { ...old, headers: { ...old.headers, ...answered.headers } };
  const expiresAtNs = expiry(sending.policy ?? { forcedSeconds: 0 }, nowNs, answered);
  if (expiresAtNs === undefined) throw new BuiltinError("no date header");
  httpCache?.set(sending.key, { response, expiresAtNs });
  return response;
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/http */
export const http: readonly Builtin[] = [{ name: "http.send", call: send, nondeterministic: true }];
