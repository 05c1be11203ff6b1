import { type FieldError, forbidden, invalid, notSupported, required } from "../../../names.ts";
import { formatted, itemsOf, nonnegative, portNumber } from "../../checks.ts";
import type { Fields } from "../../rules.ts";
import { portNumberOrName } from "./ports.ts";

const headerName = "[-A-Za-z0-9]+";

/** Liveness, readiness and startup probes. The first and the last count one success. */
export function validateProbes(container: Fields, path: string): readonly FieldError[] {
  return ["livenessProbe", "readinessProbe", "startupProbe"].flatMap((name) => {
    const probe = container[name] as Fields | undefined;
    if (probe === undefined) return [];
    const field = `${path}.${name}`;
    const errors = [...validateProbe(probe, field)];
    if (name !== "readinessProbe" && probe["successThreshold"] !== undefined && probe["successThreshold"] !== 1)
      errors.push(invalid(`${field}.successThreshold`, probe["successThreshold"], "must be 1"));
    if (name === "readinessProbe" && probe["terminationGracePeriodSeconds"] !== undefined)
      errors.push(
        invalid(
          `${field}.terminationGracePeriodSeconds`,
          probe["terminationGracePeriodSeconds"],
          "must not be set for readinessProbes",
        ),
      );
    return errors;
  });
}

function validateProbe(probe: Fields, path: string): readonly FieldError[] {
  const counts = ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"];
  const grace = probe["terminationGracePeriodSeconds"] as number | undefined;
  return [
    ...validateHandler(probe, path),
    ...counts.flatMap((name) => nonnegative(`${path}.${name}`, probe[name])),
    ...(grace !== undefined && grace <= 0
      ? [invalid(`${path}.terminationGracePeriodSeconds`, grace, "must be greater than 0")]
      : []),
  ];
}

const actions: readonly string[] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];

/** One action of a probe or a hook, and no more. */
function validateHandler(handler: Fields, path: string, gracePeriod?: number): readonly FieldError[] {
  const errors: FieldError[] = [];
  let first = true;
  for (const name of actions) {
    const action = handler[name] as Fields | undefined;
    if (action === undefined) continue;
    const field = `${path}.${name}`;
    if (!first) errors.push(forbidden(field, "may not specify more than 1 handler type"));
    else errors.push(...validateAction(name, action, field, gracePeriod));
    first = false;
  }
  return first ? [...errors, required(path, "must specify a handler type")] : errors;
}

function validateAction(name: string, action: Fields, path: string, gracePeriod?: number): readonly FieldError[] {
  switch (name) {
    case "exec":
      return (action["command"] ?? []).length === 0 ? [required(`${path}.command`)] : [];
    case "httpGet":
      return validateHttpGet(action, path);
    case "tcpSocket":
      return portNumberOrName(`${path}.port`, action["port"]);
    case "grpc":
      return portNumber(`${path}.port`, action["port"] ?? 0);
    default:
      return validateSleep(action["seconds"] ?? 0, path, gracePeriod);
  }
}

/** No longer than the pod has to end; where that is not known, it is refused itself. */
function validateSleep(seconds: number, path: string, gracePeriod: number | undefined): readonly FieldError[] {
  if (gracePeriod === undefined || (seconds >= 0 && seconds <= gracePeriod)) return [];
  const why = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`;
  return [invalid(path, seconds, why)];
}

function validateHttpGet(action: Fields, path: string): readonly FieldError[] {
  return [
    ...(action["path"] ? [] : [required(`${path}.path`)]),
    ...portNumberOrName(`${path}.port`, action["port"]),
    ...(["HTTP", "HTTPS"].includes(action["scheme"])
      ? []
      : [notSupported(`${path}.scheme`, action["scheme"], ["HTTP", "HTTPS"])]),
    ...itemsOf(action["httpHeaders"], `${path}.httpHeaders`).flatMap(([header]) =>
      formatted(`${path}.httpHeaders`, header["name"] ?? "", (value) =>
        new RegExp(`^${headerName}$`).test(value)
          ? []
          : [
              `a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '${headerName}')`,
            ],
      ),
    ),
  ];
}

/** Hooks after the start and before the stop. */
export function validateLifecycle(
  lifecycle: Fields | undefined,
  path: string,
  gracePeriod: number | undefined,
): readonly FieldError[] {
  return ["postStart", "preStop"].flatMap((name) =>
    lifecycle?.[name] === undefined ? [] : validateHandler(lifecycle[name], `${path}.${name}`, gracePeriod),
  );
}
