import type { Suite } from "./suite.ts";

/** The outside suites, in the order of the rooms they test. */
export const suites: readonly Suite[] = [
  { name: "opa", folder: "opa", load: () => import("./opa.ts") },
  { name: "opa-cli", folder: "opa-cli", load: () => import("./opa-cli.ts") },
  { name: "opa-compile", folder: "opa-compile", load: () => import("./opa-compile.ts") },
  { name: "opa-ir", folder: "opa-ir", load: () => import("./opa-ir.ts") },
  { name: "opa-format", folder: "opa-format", load: () => import("./opa-format.ts") },
  { name: "gatekeeper-tests", folder: "gatekeeper-library/src", load: () => import("./gatekeeper-tests.ts") },
  { name: "gatekeeper-suites", folder: "gatekeeper-library/library", load: () => import("./gatekeeper-suites.ts") },
  { name: "kubectl", folder: "kubectl", keepsNames: true, load: () => import("./kubectl.ts") },
  { name: "cel", folder: "cel", load: () => import("./cel.ts") },
  { name: "pod-security", folder: "pod-security", load: () => import("./pod-security.ts") },
];

/** The suite of a name, if there is one. */
export function findSuite(name: string | undefined): Suite | undefined {
  return suites.find((each) => each.name === name);
}
