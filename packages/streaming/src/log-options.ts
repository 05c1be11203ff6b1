import { faultsText, StatusError, timeValue, ValueFault } from "@sallyport/kube";

/** core/v1 PodLogOptions, as far as they choose among what was written. */
export interface LogOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  /** Nothing older than this, in milliseconds since the epoch. */
  readonly since: number | undefined;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
}

/** The options of a URL. Throws what kube-apiserver refuses of them; `name` is the pod's. */
export function logOptions(query: URLSearchParams, name: string, now: number): LogOptions {
  const [tail, limit, seconds] = ["tailLines", "limitBytes", "sinceSeconds"].map((each) => integer(query, each));
  const sinceTime = timeOf(query.get("sinceTime"));
  const faults: { reason: string; message: string; field: string }[] = [];
  const refuse = (field: string, message: string, reason = "FieldValueInvalid") =>
    faults.push({ reason, message, field });
  if (tail !== undefined && tail < 0) refuse("tailLines", `Invalid value: ${tail}: must be greater than or equal to 0`);
  if (limit !== undefined && limit < 1) refuse("limitBytes", `Invalid value: ${limit}: must be greater than 0`);
  if (seconds !== undefined && sinceTime !== null)
    refuse("[]", "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified", "FieldValueForbidden");
  else if (seconds !== undefined && seconds < 1)
    refuse("sinceSeconds", `Invalid value: ${seconds}: must be greater than 0`);
  // Only with the gate PodLogsQuerySplitStreams.
  if (query.has("stream")) refuse("stream", "Forbidden: may not be specified", "FieldValueForbidden");
  if (faults.length > 0) throw invalidLogOptions(name, faults);
  const since = sinceTime === null ? seconds && now - seconds * 1000 : Date.parse(sinceTime);
  return {
    follow: isTrue(query.get("follow")),
    previous: isTrue(query.get("previous")),
    timestamps: isTrue(query.get("timestamps")),
    since: since === undefined || Number.isNaN(since) ? undefined : since,
    tailLines: tail,
    limitBytes: limit,
  };
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (!/^[+-]?\d+$/.test(text))
    throw new StatusError("BadRequest", `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** Every value but `false` and `0` is true, as apimachinery reads query parameters. */
export function isTrue(text: string | null): boolean {
  return text !== null && !["false", "0"].includes(text.toLowerCase());
}

/** A time as Kubernetes reads it. Throws `BadRequest`. */
function timeOf(text: string | null): string | null {
  try {
    return text === null || text === "" ? null : timeValue(text, 0);
  } catch (error) {
    throw error instanceof ValueFault ? new StatusError("BadRequest", error.message) : error;
  }
}

function invalidLogOptions(
  name: string,
  faults: readonly { readonly reason: string; readonly message: string; readonly field: string }[],
): StatusError {
  const details = { name, kind: "PodLogOptions", causes: faults };
  return new StatusError("Invalid", `PodLogOptions ${JSON.stringify(name)} is invalid: ${faultsText(faults)}`, details);
}
