import { diffObjects } from "@sallyport/kube";
import type { Answer } from "../apiserver/api-client.ts";
import { masked } from "../apiserver/mask.ts";
import type { Step } from "../apiserver/scenario.ts";

/** What admission has a part in. Go walks through maps in any order: the parts of a refusal are told sorted. */
export function told(answer: Answer): Told {
  const { code, warnings, body } = withoutKeys(masked(answer));
  const { message } = body as { readonly message?: string };
  const parts = /^(.*?: )\[(.*)\]$/s.exec(message ?? "");
  if (code !== 403 || parts === null) return { code, warnings, body };
  const sorted = `${parts[1]}[${(parts[2] as string).split(", ").toSorted().join(", ")}]`;
  return { code, warnings, body: { ...(body as object), message: sorted } };
}

const uuid = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g;
const token = /"eyJ[\w.-]+"/g;

/** Who owns a field of a list by its uid, and tokens. */
function withoutKeys(answer: Answer): Answer {
  return JSON.parse(JSON.stringify(answer).replace(uuid, "(uid)").replace(token, '"(token)"')) as Answer;
}

/** An answer as it is compared. */
export interface Told {
  readonly code: number;
  readonly warnings: readonly string[];
  readonly body: unknown;
}

/** Where two answers differ, for people; undefined where they do not. */
export function differenceOf(name: string, step: Step, theirs: Told, ours: Told): string | undefined {
  const changes = diffObjects(theirs, ours);
  if (changes.length === 0) return undefined;
  const text = ({ code, warnings, body }: Told) =>
    JSON.stringify({ code, warnings, message: (body as { readonly message?: string }).message });
  return [
    `DIFFERENT: ${name}: ${step.method} ${step.path} ${JSON.stringify(step.headers ?? {})}`,
    `  asked:          ${JSON.stringify(step.body)}`,
    `  kube-apiserver: ${text(theirs)}`,
    `  sallyport:      ${text(ours)}`,
    `  ${JSON.stringify(changes)}`,
  ].join("\n");
}
