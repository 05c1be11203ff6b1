import { type AdmissionPath, type Caller, type MeshView, placeOf, titleOf } from "@sallyport/mesh";
import { paint } from "../terminal.ts";

const titles = { client: "client", server: "server", authorization: "policies" } as const;

/** For people: of each server that the call may reach, every step in order, and each policy that was asked. */
export function pathsText(view: MeshView, caller: Caller, asked: string, paths: readonly AdmissionPath[]): string {
  const who = caller === "outside" ? "somebody outside" : titleOf(caller);
  return `${paths.flatMap((path) => pathLines(view, path, who, asked)).join("\n")}\n`;
}

function pathLines(view: MeshView, path: AdmissionPath, who: string, asked: string): readonly string[] {
  const { server, port, steps, isAllowed, principal } = path;
  const outcome = isAllowed ? paint(["bold", "green"], yesText(path)) : paint(["bold", "red"], "no");
  const as = principal === undefined ? "" : `, as ${principal}`;
  return [
    `${outcome}: ${who} to ${asked} at ${titleOf(server)}, port ${port}${as}`,
    ...steps.map(({ at, isPassed, text }) => `  ${mark(isPassed)} ${titles[at].padEnd(9)}${text}`),
    ...path.parts.flatMap(({ policy, action, isDryRun, rule, notes }) => {
      const place = placeOf(view, policy);
      const { namespace = "", name = "" } = policy.metadata;
      const said = `${rule === undefined ? "does not mean it" : `rule ${rule} means it`}${isDryRun ? ", only tried" : ""}`;
      return [
        `      ${action} ${namespace}/${name}: ${said}${place === undefined ? "" : paint("dim", `  ${place}`)}`,
        ...notes.map((note) => paint("dim", `        ${note}`)),
      ];
    }),
    ...(path.verdict?.wouldRefuse === undefined
      ? []
      : [paint("yellow", `      policies that are only tried would refuse it: ${path.verdict.wouldRefuse}`)]),
  ];
}

function yesText({ verdict }: AdmissionPath): string {
  return verdict?.asks === undefined ? "yes" : `yes, if the provider "${verdict.asks.provider}" allows it`;
}

function mark(isPassed: boolean): string {
  return isPassed ? paint("green", "+") : paint("red", "-");
}

/** For programs. */
export function pathsJson(view: MeshView, paths: readonly AdmissionPath[]): object {
  const isAllowed = paths.every((path) => path.isAllowed);
  return {
    allowed: isAllowed,
    servers: paths.map(
      ({ server, port, protocol, mode, choice, steps, isAllowed: allowed, principal, verdict, parts }) => ({
        workload: { kind: server.kind, namespace: server.namespace, name: server.name },
        port,
        protocol,
        mode,
        tls: choice.tls,
        identities: choice.identities,
        principal,
        allowed,
        steps: steps.map(({ at, isPassed, text }) => ({ at, passed: isPassed, text })),
        verdict,
        policies: parts.map(({ policy, action, isDryRun, rule, notes }) => ({
          name: `${policy.metadata.namespace}/${policy.metadata.name}`,
          action,
          dryRun: isDryRun,
          rule,
          notes,
          place: placeOf(view, policy),
        })),
      }),
    ),
  };
}
