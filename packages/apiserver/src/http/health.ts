import type { HandlerOptions } from "./call.ts";

type Fault = string | undefined;

/** Why each check fails; undefined where it does not. Some have to ask others. */
export type Checks = ReadonlyMap<string, Fault | Promise<Fault>>;

interface Found {
  readonly code: number;
  readonly body: string;
  readonly isSniffed?: boolean;
}

export interface HealthOptions extends Pick<HandlerOptions, "readyChecks" | "healthChecks" | "liveChecks"> {
  readonly metrics: Pick<HandlerOptions["metrics"], "health">;
}

const path = /^\/(healthz|livez|readyz)(?:\/(.+))?$/;

/** `/healthz`, `/livez` and `/readyz`, all checks of each or one by its name; undefined for other paths. */
export async function findHealth(
  asked: string,
  query: URLSearchParams,
  options: HealthOptions,
): Promise<Found | undefined> {
  const [, kind = "", name] = path.exec(asked) ?? [];
  if (kind === "") return undefined;
  const checks = checksOf(kind, options);
  if (name === undefined) {
    const faults = await answered(checks);
    options.metrics.health.checked(kind, faults);
    return summary(kind, faults, query);
  }
  if (!checks.has(name)) return undefined;
  const fault = await checks.get(name);
  return fault === undefined
    ? { code: 200, body: "ok", isSniffed: true }
    : { code: 500, body: `internal server error: ${fault}\n` };
}

function checksOf(
  kind: string,
  { readyChecks, healthChecks, liveChecks }: Pick<HandlerOptions, "readyChecks" | "healthChecks" | "liveChecks">,
): Checks {
  if (kind === "readyz") return readyChecks();
  return kind === "healthz" ? healthChecks() : liveChecks();
}

async function answered(checks: Checks): Promise<ReadonlyMap<string, Fault>> {
  return new Map(await Promise.all([...checks].map(async ([name, fault]) => [name, await fault] as const)));
}

/** Faults are withheld: anybody may ask, and they tell of the inside. */
function summary(kind: string, checks: ReadonlyMap<string, Fault>, query: URLSearchParams): Found {
  const excluded = new Set(query.getAll("exclude").filter(Boolean));
  const lines = [...checks].map(([name, fault]) => {
    if (excluded.has(name)) return `[+]${name} excluded: ok`;
    return fault === undefined ? `[+]${name} ok` : `[-]${name} failed: reason withheld`;
  });
  const strangers = [...excluded].filter((name) => !checks.has(name)).toSorted();
  if (strangers.length > 0)
    lines.push(
      `warn: some health checks cannot be excluded: no matches for ${strangers.map((name) => JSON.stringify(name)).join(",")}`,
    );
  const isFailed = [...checks].some(([name, fault]) => fault !== undefined && !excluded.has(name));
  if (isFailed) return { code: 500, body: `${lines.join("\n")}\n${kind} check failed\n` };
  return { code: 200, body: query.has("verbose") ? `${lines.join("\n")}\n${kind} check passed\n` : "ok" };
}
