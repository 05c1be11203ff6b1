import { execFile, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { chooseKubectl, startKubectlServer, versionOfKubectl } from "./kubectl-server.ts";
import { Script } from "./script.ts";
import { ShellAssertions, tellAssertions } from "./shell-assertions.ts";
import { type SuiteResult, Tally } from "./suite.ts";
import { parseTxtar } from "./txtar.ts";

/** One function of the shell scripts, or one testscript, takes at most so long. The slowest wait for rollouts; a busy machine takes three times as long. */
const timeoutMs = 600_000;

/** Functions that run at once, each with a server of its own. They wait more than they work. */
const parallel = 3;

/** The last words of a failure that are shown. */
const shownLength = 1500;

/** Functions of the scripts of 1.37 that a kubectl of 1.36 cannot pass, whatever the server: they look at its own words. */
const needNewerKubectl: { readonly [name: string]: string } = {
  run_kubectl_help_tests: "needs kubectl 1.37: Japanese help of uncordon is new",
  run_kubectl_run_tests: "needs kubectl 1.37: an invalid image name is refused in other words",
};

/** Functions that run the plugin of `kubectl convert`, which is built beside kubectl. */
const needConvert = new Set(["run_convert_tests"]);

/** Functions that expect none of the default namespace's objects: in a whole run, others before them have left it. */
const needNamespace = new Set(["run_kubectl_create_kustomization_directory_tests"]);

/** Functions that expect a node that no kubelet speaks for to be given up: in a whole run, its controller has had the minute that takes. */
const needConditions = new Set(["run_nodes_tests"]);

/** The plugins that the scripts run. */
const pluginsFolder = "test/fixtures/pkg/kubectl/plugins";

/** Where the scripts' helpers lie, from the root of a Kubernetes tree. */
const neededFiles = ["hack/lib/init.sh", "hack/lib/test.sh", "test/cmd/legacy-script.sh"];

/**
 * Kubernetes' own tests of kubectl: the functions `run_NAME_tests` of `test/cmd/*.sh`, each assertion in them by the line where it
 * stands, and testscripts (`*.txtar`). `dir` is the root of a Kubernetes tree, or a folder or file in one. Each function and each
 * testscript meets a fresh server.
 */
export async function run(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  const folder = mkdtempSync(join(tmpdir(), "sallyport-kubectl-"));
  try {
    const root = rootOf(resolve(dir));
    const cases = [...(root === undefined ? [] : shellCases(root, resolve(dir))), ...scriptCases(dir)];
    const queue = [...cases];
    const verdicts = new Map<string, Verdict>();
    const work = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift())
        verdicts.set(next.name, await next.judge(mkdtempSync(join(folder, "case-"))));
    };
    await Promise.all(Array.from({ length: parallel }, work));
    for (const { name } of cases) report(tally, name, verdicts.get(name));
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
  return tally.result;
}

interface Verdict {
  readonly skipped?: string;
  readonly failed?: string;
  /** Assertions in it that held, and those that did not, with the reason. */
  readonly held?: readonly string[];
  readonly broken?: readonly { readonly at: string; readonly why: string }[];
}

interface Case {
  readonly name: string;
  readonly judge: (folder: string) => Promise<Verdict>;
}

function report(tally: Tally, name: string, verdict: Verdict = {}): void {
  if (verdict.skipped === undefined) tally.add(name, verdict.failed);
  else tally.skip(name, verdict.skipped);
  for (const at of verdict.held ?? []) tally.add(`${name}/${at}`, undefined);
  for (const { at, why } of verdict.broken ?? []) tally.add(`${name}/${at}`, why);
}

/** The folder itself or the nearest one above it that has the scripts' helpers. */
function rootOf(dir: string): string | undefined {
  if (neededFiles.every((file) => existsSync(join(dir, file)))) return dir;
  return dirname(dir) === dir ? undefined : rootOf(dirname(dir));
}

/** The functions below `dir` only, so that a part can be run; those that others call are none of their own, those that upstream has forgotten to call are. */
function shellCases(root: string, dir: string): readonly Case[] {
  const pattern = dir.endsWith(".sh") ? dir : join(dir === root ? join(root, "test/cmd") : dir, "**/*.sh");
  const files = globSync(pattern).filter((file) => file.includes("test/cmd/") && !file.endsWith("/legacy-script.sh"));
  const all = globSync(join(root, "test/cmd/*.sh")).map((file) => readFileSync(file, "utf8"));
  const called = new Set(
    all.flatMap((text) => [...text.matchAll(/^\s*(run_\w+)(?!\w|\s*\()/gm)].map(([, name]) => name)),
  );
  const assertions = new ShellAssertions(root);
  return files.toSorted().flatMap((file) => {
    const defined = [...readFileSync(file, "utf8").matchAll(/^\s*(?:function\s+)?(run_\w+)\s*\(\)/gm)];
    const names = new Set(defined.map(([, name = ""]) => name).filter((name) => !called.has(name)));
    return [...names].map((name) => ({
      name: `${basename(file, ".sh")}/${name}`,
      judge: (work: string) => judgeFunction(root, work, name, assertions),
    }));
  });
}

/** Sources the scripts as `make test-cmd` does, with the server that is there in place of those that it would build and start. */
const driver = `
exec 2>&1
set -o errexit -o nounset -o pipefail
source hack/lib/init.sh
source hack/lib/test.sh
source test/cmd/legacy-script.sh
${tellAssertions}
kube::etcd::start() { :; }
kube::etcd::cleanup() { :; }
make() { :; }
setup
kubectl create -f - << EOF
{"kind": "Node", "apiVersion": "v1", "metadata": {"name": "127.0.0.1", "annotations": {"save-managers": "true"}}, "status": {"capacity": {"memory": "1Gi"}}}
EOF
run_own_namespace_tests() { create_and_use_new_namespace; }
eval "run_wanted_tests() { $WANTED; }"
export SUPPORTED_RESOURCES=("*")
if [[ -n "$GIVEN_UP" ]]; then kubectl wait --for=condition=Ready=unknown node/127.0.0.1 --timeout=120s; fi
runTests
`;

/** Why a function cannot run with what there is on this machine. */
function missingFor(name: string): string | undefined {
  const missing = ["bash", "curl", "sed"].find((each) => spawnSync(each, ["--version"]).error !== undefined);
  if (missing !== undefined) return `needs ${missing}`;
  const kubectl = chooseKubectl();
  if (typeof kubectl === "string") return kubectl;
  if (needConvert.has(name) && kubectl.convert === undefined) return "needs kubectl-convert beside kubectl";
  return needNewerKubectl[name] !== undefined && versionOfKubectl(kubectl.path)[1] < 37
    ? needNewerKubectl[name]
    : undefined;
}

async function judgeFunction(
  root: string,
  folder: string,
  name: string,
  assertions: ShellAssertions,
): Promise<Verdict> {
  const skipped = missingFor(name);
  if (skipped !== undefined) return { skipped };
  const tree = join(folder, "tree");
  linkTree(root, tree, pluginsFolder.split("/"));
  mkdirSync(join(tree, "_output"));
  makeExecutable(join(tree, pluginsFolder));
  const server = await startKubectlServer(folder, join(tree, "_output/bin"), {
    tokenFile: join(root, "hack/testdata/auth-tokens.csv"),
    clientCaFile: join(root, "hack/testdata/ca/ca.crt"),
    controllers: needConditions.has(name) ? "*,node-lifecycle-controller" : "*",
  });
  if (typeof server === "string") return { skipped: server };
  // The scripts look for the server's certificate where kube-apiserver would have made it.
  copyFileSync(server.certificate, join(folder, "apiserver.crt"));
  const env = {
    PATH: process.env["PATH"],
    LANG: "C",
    TERM: "xterm",
    HOME: folder,
    TMPDIR: folder,
    SECURE_API_PORT: String(server.port),
    ALLOW_SKEW: "true",
    // Assertions that something is gone are passed over otherwise.
    WAIT_FOR_DELETION: "true",
    WANTED: name,
    ASSERTED: join(folder, "asserted"),
    GIVEN_UP: needConditions.has(name) ? "yes" : "",
    WHAT: needNamespace.has(name) ? "own_namespace wanted" : "wanted",
    KUBE_JUNIT_REPORT_DIR: join(folder, "junit"),
  };
  writeFileSync(env.ASSERTED, "");
  const { failed } = await bash(driver, tree, env);
  const faults = await server.close();
  const said = `${failed ?? ""}\n${faults}`.trim();
  return {
    ...(said === "" ? {} : { failed: said }),
    ...judgeAssertions(assertions, name, readFileSync(env.ASSERTED, "utf8"), failed === undefined),
  };
}

/** What a function that went on to its end has passed over was no more true than what did not hold. */
function judgeAssertions(assertions: ShellAssertions, name: string, told: string, isDone: boolean): Verdict {
  const { held, failed } = assertions.read(told);
  const met = new Set([...held, ...failed]);
  const passedOver = isDone ? assertions.placesIn(name).filter((at) => !met.has(at)) : [];
  const broken = [
    ...failed.map((at) => ({ at, why: "does not hold" })),
    ...passedOver.map((at) => ({ at, why: "the function passed over it" })),
  ];
  return { held, broken };
}

/**
 * A tree of links to what the scripts read: they write beside themselves, and the original is left alone. The folder at the end of
 * `copied` is none: its files are copies.
 */
function linkTree(from: string, to: string, [copied, ...below]: readonly string[]): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from)) {
    const [source, target] = [join(from, entry), join(to, entry)];
    if (entry === "_output") continue;
    if (entry !== copied) symlinkSync(source, target);
    else if (below.length > 0) linkTree(source, target, below);
    else cpSync(source, target, { recursive: true });
  }
}

/** A tree that came as a Go module has lost who may run what. */
function makeExecutable(folder: string): void {
  for (const entry of globSync(join(folder, "**/kubectl-*"))) chmodSync(entry, 0o755);
}

function bash(script: string, cwd: string, env: { readonly [name: string]: string | undefined }): Promise<Verdict> {
  return new Promise((done) => {
    const options = { cwd, env, timeout: timeoutMs, killSignal: "SIGKILL" as const, maxBuffer: 64 * 1024 * 1024 };
    execFile("bash", ["--norc", "-c", script], options, (error, stdout, stderr) => {
      if (error === null) done({});
      else done({ failed: error.killed ? `not done after ${timeoutMs / 1000} s` : lastWords(`${stdout}\n${stderr}`) });
    });
  });
}

/** The end of what was printed, without the tear-down. */
function lastWords(text: string): string {
  const end = text.search(/^(?:Error when running|FAILED TESTS)/m);
  return text
    .slice(0, end < 0 ? undefined : end)
    .trimEnd()
    .slice(-shownLength);
}

function scriptCases(dir: string): readonly Case[] {
  return globSync(dir.endsWith(".txtar") ? dir : `${dir}/**/*.txtar`)
    .toSorted()
    .map((file) => ({
      name: basename(file, ".txtar"),
      judge: async (folder: string) => {
        const server = await startKubectlServer(folder, join(folder, "bin"), {});
        if (typeof server === "string") return { skipped: server };
        const { script, files } = parseTxtar(readFileSync(file, "utf8"));
        const work = join(folder, "work");
        for (const { name, text } of files) {
          mkdirSync(join(work, dirname(name)), { recursive: true });
          writeFileSync(join(work, name), text);
        }
        mkdirSync(work, { recursive: true });
        const failed = await new Script(work, { kubectl: server.kubectl }).run(script);
        const faults = await server.close();
        return failed === undefined && faults === "" ? {} : { failed: `${failed ?? ""}\n${faults}`.trim() };
      },
    }));
}
