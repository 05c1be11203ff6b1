import { valueAt } from "../apiserver/api-client.ts";
import type { ScenarioDifference } from "./run.ts";

/** More places of one answer say no more. */
const maxPaths = 8;
const maxText = 1500;

/** One difference, to read: the request, then what each server said at each place. */
export function reportOf({ scenario, step, theirs, ours, paths }: ScenarioDifference): string {
  const isMessage = theirs.code >= 400 || ours.code >= 400;
  const telling = isMessage ? paths.filter((path) => /^\/(code|headers\/.*|body|body\/message)$/.test(path)) : paths;
  // Of an item too many the whole list is told.
  const places = [...new Set((telling.length === 0 ? paths : telling).map((path) => path.replace(/\/-$/, "")))];
  return [
    `DIFFERENT ${scenario}`,
    `  ${step.method} ${step.path} ${JSON.stringify(step.headers ?? {})} ${cut(JSON.stringify(step.body) ?? "")}`,
    ...places
      .slice(0, maxPaths)
      .flatMap((path) => [
        `  ${path} kube-apiserver: ${cut(JSON.stringify(valueAt(theirs, path)))}`,
        `  ${path} sallyport:      ${cut(JSON.stringify(valueAt(ours, path)))}`,
      ]),
  ].join("\n");
}

function cut(text: string | undefined): string {
  return text === undefined || text.length <= maxText ? `${text}` : `${text.slice(0, maxText)}…`;
}
