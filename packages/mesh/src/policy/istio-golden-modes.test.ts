import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseYamlDocuments } from "@sallyport/kube";
import { modeOf, type PeerAuthentication, resolveModes } from "./peer-authentication.ts";
import { defaultMesh, type Workload } from "./workload.ts";

// What Istio's ambient mode made of PeerAuthentications with ports, in its tests: policies that deny who has no principal.

const source = process.env["SALLYPORT_ISTIO"] ?? "";
const folder = join(source, "pilot/pkg/serviceregistry/ambient/testdata");
const isThere = source !== "" && existsSync(folder);

interface Converted {
  readonly groups: readonly {
    readonly rules: readonly { readonly matches: readonly Match[] }[];
  }[];
}

interface Match {
  readonly destinationPorts?: readonly number[];
  readonly notDestinationPorts?: readonly number[];
  readonly notPrincipals?: readonly object[];
}

function documentsOf(file: string): readonly unknown[] {
  const { documents } = parseYamlDocuments(readFileSync(join(folder, file), "utf8"));
  return documents.map((document) => document.toJS()).filter((each) => each !== null && each !== undefined);
}

/** Whether a connection without a principal is denied: any group, all of its rules, any match of each. */
function denies(converted: readonly Converted[], port: number): boolean {
  const matches = ({ destinationPorts, notDestinationPorts }: Match) =>
    (destinationPorts?.includes(port) ?? true) && !(notDestinationPorts?.includes(port) ?? false);
  return converted.some(({ groups }) => groups.some(({ rules }) => rules.every((rule) => rule.matches.some(matches))));
}

test("ports are STRICT where Istio's ambient mode denies who has no principal", {
  skip: isThere ? false : "no source tree of Istio in SALLYPORT_ISTIO",
}, () => {
  const names = readdirSync(folder).filter((file) => /^peer-authn-.*-in\.yaml$/.test(file));
  let compared = 0;
  for (const name of names) {
    const converted = documentsOf(name.replace("-in.yaml", ".yaml")) as Converted[];
    // Without a port's own word, the mode is told by a policy that is the same for all, and stands in no file.
    if (converted.length === 0) continue;
    const policies = (documentsOf(name) as PeerAuthentication[]).map((each) => ({
      ...each,
      metadata: { namespace: "foo", ...each.metadata },
    }));
    const workload: Workload = { namespace: "foo", name: "a", labels: { app: "a" }, serviceAccount: "a" };
    const modes = resolveModes(workload, policies, defaultMesh);
    for (const port of [8080, 9090, 1]) {
      assert.equal(modeOf(modes, port) === "STRICT", denies(converted, port), `${name}: port ${port}`);
      compared += 1;
    }
  }
  assert.ok(compared >= 30, `${compared} ports in ${names.length} files`);
});
