import { globSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { evaluatePod, type Level, overriding } from "@sallyport/admission";
import { parse } from "yaml";
import type { SuiteResult, Verdict } from "./suite.ts";

/** Fixtures of pod-security-admission: `LEVEL/vX.Y/{pass,fail}/CHECK<n>.yaml`; a failing one must fail by the check of its name. */
export async function run(dir: string): Promise<SuiteResult> {
  const passed: string[] = [];
  const failed: Verdict[] = [];
  for (const file of globSync(`${dir}/**/v*/{pass,fail}/*.yaml`).sort()) {
    const wanted = basename(dirname(file));
    const version = basename(dirname(dirname(file)));
    const level = basename(dirname(dirname(dirname(file)))) as Level;
    const name = `${level}/${version}/${wanted}/${basename(file)}`;
    const pod = parse(readFileSync(file, "utf8")) as { metadata: object; spec: object };
    const findings = evaluatePod(level, Number(version.slice("v1.".length)), pod.metadata, pod.spec);
    const check = basename(file, ".yaml").replace(/\d+$/, "");
    const accepted = [check, ...(level === "restricted" ? overriding(check, Number(version.slice("v1.".length))) : [])];
    const why = judge(
      wanted,
      accepted,
      findings.map(({ id }) => id),
    );
    if (why === undefined) passed.push(name);
    else failed.push({ name, why });
  }
  return { passed, failed, skipped: [] };
}

function judge(wanted: string, accepted: readonly string[], ids: readonly string[]): string | undefined {
  if (wanted === "pass") return ids.length === 0 ? undefined : `should pass, but fails ${ids.join(", ")}`;
  if (ids.length === 0) return "should fail, but passes";
  const isAccepted = ids.some((id) => accepted.some((each) => each.toLowerCase() === id.toLowerCase()));
  return isAccepted ? undefined : `should fail by ${accepted[0]}, but fails by ${ids.join(", ")}`;
}
