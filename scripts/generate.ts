import { generateBootstrap } from "./generate/bootstrap.ts";
import { generateCapabilities } from "./generate/capabilities.ts";
import { generateCapabilityVersions } from "./generate/capability-versions.ts";
import { generateGoTypes } from "./generate/go-types.ts";
import { generateKube } from "./generate/kube.ts";
import { generateOpenApiValues } from "./generate/openapi-values.ts";
import { generateProtobuf } from "./generate/protobuf.ts";
import { generateSeccomp } from "./generate/seccomp.ts";
import { generateZones } from "./generate/zones.ts";

/** All generators of checked-in data, in order. Each answers the files it wrote. */
const generators: readonly (readonly [
  name: string,
  run: (root: string) => readonly string[] | Promise<readonly string[]>,
])[] = [
  ["bootstrap", generateBootstrap],
  ["capabilities", generateCapabilities],
  ["capability-versions", generateCapabilityVersions],
  ["go-types", generateGoTypes],
  ["kube", generateKube],
  ["openapi-values", generateOpenApiValues],
  ["protobuf", generateProtobuf],
  ["seccomp", generateSeccomp],
  ["zones", generateZones],
];

const wanted = process.argv.slice(2);
for (const [name, run] of generators) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const file of await run(".")) console.log(`wrote ${file}`);
}
