import { findOpa } from "../differential/opa-server.ts";
import { runPartialDifferential } from "../differential/partial-run.ts";
import { type Peer, startLaterPeer, startPeer } from "../differential/peer.ts";
import { type Counts, runDifferential } from "../differential/run.ts";

// `npm run differential -- [PROGRAMS] [SEED]`: random Rego programs through a real OPA and through our evaluators.
// `npm run differential -- builtins [CALLS] [SEED]`: random calls of all builtins, also over the network, and how many there were; all that differ are printed.
// `npm run differential -- errors [MODULES] [SEED]`: random modules with faults, through a real OPA and ours: the same errors at the same places.
// `npm run differential -- partial [PROGRAMS] [SEED]`: what partial evaluation leaves of random programs, against OPA's compile API.
// `npm run differential -- format [MODULES] [SEED]`: random modules through a real `opa fmt`, of `SALLYPORT_OPA_FMT`, and ours.
// `npm run differential -- command-line [PART]`: command lines that begin with PART, of every command, flag, format and input, through a real `opa` and ours.
// `npm run differential -- repl [SCRIPTS] [SEED]`: random lines typed into the shell of a real `opa run` and into ours.
// `npm run differential -- apiserver [SCENARIOS|directed] [SEED] [KIND,…]`: random requests, or those written by hand, to a real kube-apiserver and to ours.
// `npm run differential -- admission`: the same objects, policies in CEL and levels of PodSecurity to a real kube-apiserver and to ours.
// `npm run differential -- plugins [PART]`: requests for each admission plugin, in cases whose names have PART in them, to both.
// `npm run differential -- podsecurity [CASES] [SEED]`: random pods, workloads and labels of namespaces to a real kube-apiserver and to ours.
// `npm run differential -- podsecuritypolicy [CASES] [SEED]`: random PodSecurityPolicies and pods to a kube-apiserver of 1.24 and to ours.
// `npm run differential -- cluster [PATTERN]`: every sample whose name has the pattern to `check`, to what `up` serves, and to kube-apiserver with our webhook behind it.
// `npm run differential -- cel [EXPRESSIONS] [SEED]`: random expressions of CEL in ValidatingAdmissionPolicies of both: what compiling says, and what they come to.
// `npm run differential -- webhooks [SCENARIOS] [SEED]`: random webhook configurations, webhooks that misbehave, and requests, to both.
// `npm run differential -- access [NAME]`: credentials of all kinds, and what their holders may, to both.
// `npm run differential -- controllers [PART]`: what controllers make of objects, in scenarios with PART in their names, by a real kube-controller-manager and by ours.
// `npm run differential -- custom-resources [NAME]`: definitions of custom resources, right and faulty, and their objects, to both.
// Exit code 0: none differed; 1: some did, and small ones are printed; 2: no peer, or bad arguments.

/** Each asks a peer of its own, and answers the exit code. */
const commands: { readonly [name: string]: (args: readonly string[]) => Promise<number> } = {
  access: async (args) => (await import("../differential/scenarios/command.ts")).differentialOfAccess(args),
  admission: async () => (await import("../differential/admission/command.ts")).differentialOfAdmission(),
  plugins: async (args) => (await import("../differential/admission/plugins/command.ts")).differentialOfPlugins(args),
  apiserver: async (args) => (await import("../differential/apiserver/command.ts")).differentialOfApiserver(args),
  cel: async (args) => (await import("../differential/cel/command.ts")).differentialOfCel(args),
  cluster: async (args) => (await import("../differential/cluster/command.ts")).differentialOfCluster(args),
  builtins: async (args) => (await import("../differential/builtins-command.ts")).differentialOfBuiltins(args),
  "command-line": async (args) =>
    (await import("../differential/command-line-command.ts")).differentialOfCommandLines(args),
  controllers: async (args) => (await import("../differential/controllers/command.ts")).differentialOfControllers(args),
  "custom-resources": async (args) =>
    (await import("../differential/scenarios/command.ts")).differentialOfCustomResources(args),
  errors: async (args) => (await import("../differential/errors-command.ts")).differentialOfErrors(args),
  format: async (args) => (await import("../differential/format-command.ts")).differentialOfFormat(args),
  podsecurity: async (args) => (await import("../differential/podsecurity/command.ts")).differentialOfPodSecurity(args),
  podsecuritypolicy: async (args) =>
    (await import("../differential/podsecuritypolicy/command.ts")).differentialOfPodSecurityPolicies(args),
  repl: async (args) => (await import("../differential/repl-command.ts")).differentialOfRepls(args),
  webhooks: async (args) => (await import("../differential/webhooks/command.ts")).differentialOfWebhooks(args),
};

const command = commands[process.argv[2] ?? ""];
if (command !== undefined) process.exit(await command(process.argv.slice(3)));
const isPartial = process.argv[2] === "partial";
const numbers = process.argv.slice(isPartial ? 3 : 2);
const [programs = "2000", seed = String(Date.now() % 1_000_000_000), ...more] = numbers;
if (more.length > 0 || !/^\d+$/.test(programs) || !/^\d+$/.test(seed))
  fail("usage: npm run differential -- [builtins|errors|format|partial] [COUNT] [SEED]");
const opa = findOpa();
if (isPartial) {
  if ("missing" in opa) fail(opa.missing);
  const { different, ...found } = await runPartialDifferential(opa.file, Number(programs), Number(seed));
  for (const each of different) console.log(`== DIFFERENT\n${each}`);
  console.log(`seed ${seed}: ${JSON.stringify(found)}, ${different.length} differ`);
  process.exit(different.length === 0 ? 0 : 1);
}
const peer = startPeer("missing" in opa ? undefined : opa.file);
if ("missing" in peer) fail(peer.missing);
let later: Peer | undefined;
const { counts, categories } = await runDifferential(peer, {
  later: () => {
    later ??= startLaterPeer();
    return later;
  },
  programs: Number(programs),
  seed: Number(seed),
  progress: (so) => {
    const different = so.categories.reduce((sum, { count }) => sum + count, 0);
    if (so.counts.programs > 5_000) console.error(`${countsText(so.counts)}; ${different} different`);
  },
});
peer.stop();
later?.stop();
console.log(`seed ${seed}: ${countsText(counts)}`);
for (const { name, count, examples } of categories.toSorted((a, b) => b.count - a.count)) {
  console.log(`\n${count} DIFFERENT: ${name}`);
  for (const example of examples) console.log(`--\n${example}`);
}
process.exitCode = categories.length === 0 ? 0 : 1;

function countsText({ programs, defined, empty, failed, refused, peerBroke, faultsOfOpa }: Counts): string {
  const share = (count: number) => `${((count / programs) * 100).toFixed(1)} %`;
  return (
    `${programs} programs: ${defined} (${share(defined)}) with a result, ${empty} without, ` +
    `${failed} that fail, ${refused} (${share(refused)}) that do not compile, ${peerBroke} that OPA broke on, ${faultsOfOpa} with a fault of OPA`
  );
}

function fail(message: string): never {
  console.error(`differential: ${message}`);
  process.exit(2);
}
