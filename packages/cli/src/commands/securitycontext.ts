import { manifestText } from "@sallyport/kube";
import {
  containersOf,
  dockerOfContainer,
  type KernelView,
  type PodSpec,
  parseDockerRun,
  podOfDocker,
} from "@sallyport/node";
import { Command } from "commander";
import { chainOptions } from "../admission-configuration.ts";
import { list } from "../comma-list.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { InputError, type Manifest, readManifests } from "../manifests.ts";
import { decodedPodManifest } from "../pod-manifest.ts";
import { readPolicies } from "../policy-files.ts";
import { type ContainerReport, type PodReport, securityContexts, type ToldField } from "../security-context.ts";
import { readStandardInput } from "../standard-input.ts";
import { paint, wrap } from "../terminal.ts";

interface Flags {
  readonly policy: readonly string[];
  readonly namespace: string;
  readonly enableAdmissionPlugins: readonly string[];
  readonly disableAdmissionPlugins: readonly string[];
  readonly admissionControlConfigFile?: string;
  readonly apiserverManifest?: string;
  readonly fromDocker?: string;
  readonly toDocker?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** The newest version of PodSecurity's levels. */
const minor = 37;

export function securityContextCommand(): Command {
  return new Command("securitycontext")
    .description(
      "what the security context of each container comes to: every field, where it stands, and what the kernel makes of it",
    )
    .argument("[files...]", "manifests of pods and workloads; other objects in them (policies, namespaces) count")
    .option("--from-docker <command>", "print the pod that does what a docker run command does")
    .option("--to-docker", "print the docker run command of each container")
    .option("-a, --all", "also fields that nobody sets")
    .option("-p, --policy <paths>", "Rego files or folders", list, [])
    .option("-n, --namespace <name>", "namespace of objects that name none", "default")
    .option("--enable-admission-plugins <names>", "plugins to enable beside the default ones", list, [])
    .option("--disable-admission-plugins <names>", "default plugins to disable", list, [])
    .option("--admission-control-config-file <file>", "an AdmissionConfiguration")
    .option("--apiserver-manifest <file>", "a kube-apiserver's static pod manifest: its admission flags")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Examples:
  sallyport securitycontext deployment.yaml
  sallyport securitycontext --enable-admission-plugins PodSecurityPolicy psp.yaml pod.yaml
  sallyport securitycontext --from-docker "docker run --user=1001 --cap-add MAC_ADMIN ubuntu sleep 100"
  sallyport securitycontext --to-docker pod.yaml

Exit status: 0 told, 1 a pod is not admitted, 2 bad input.`,
    )
    .action(run);
}

async function run(files: readonly string[], flags: Flags): Promise<void> {
  if (flags.fromDocker !== undefined) return fromDocker(flags.fromDocker, flags.json === true);
  if (files.length === 0) throw new UsageError("name manifests, - for standard input, or --from-docker");
  const manifests = readManifests(files, readStandardInput);
  if (flags.toDocker === true) return toDocker(manifests, flags.json === true);
  const reports = await securityContexts(manifests, {
    policies: readPolicies(flags.policy),
    chain: chainOptions(flags),
    namespace: flags.namespace,
    minor,
  });
  if (reports.length === 0) throw new InputError(`${files.join(", ")}: no pod and no workload there`);
  process.stdout.write(
    flags.json === true
      ? `${JSON.stringify(reports, null, 2)}\n`
      : reports.map((each) => textOf(each, flags.all === true)).join("\n"),
  );
  if (reports.some(({ denied }) => denied !== undefined)) process.exitCode = exitCodes.denied;
}

function fromDocker(text: string, asJson: boolean): void {
  const command = parseDockerRun(text);
  if (typeof command === "string") throw new UsageError(`--from-docker: ${command}`);
  const { pod, notes } = podOfDocker(command);
  if (asJson) process.stdout.write(`${JSON.stringify({ pod, notes }, null, 2)}\n`);
  else process.stdout.write(notes.map((each) => `# ${each}\n`).join("") + manifestText(pod));
}

function toDocker(manifests: readonly Manifest[], asJson: boolean): void {
  const made = manifests.flatMap((manifest) => {
    const spec = decodedPodManifest(manifest)?.value["spec"] as PodSpec | undefined;
    const { kind, metadata } = manifest.value as {
      readonly kind?: string;
      readonly metadata?: { readonly name?: string };
    };
    return (spec === undefined ? [] : containersOf(spec)).map(([container]) => ({
      kind: kind ?? "",
      name: metadata?.name ?? "",
      container: container.name,
      ...dockerOfContainer(spec as PodSpec, container),
    }));
  });
  if (made.length === 0) throw new InputError("no pod and no workload there");
  const text = made.map(({ kind, name, container, command, notes }) =>
    [`# ${kind}/${name}, container ${container}`, ...notes.map((each) => `# ${each}`), command, ""].join("\n"),
  );
  process.stdout.write(asJson ? `${JSON.stringify(made, null, 2)}\n` : text.join("\n"));
}

/** Of a terminal; what is longer goes on below. */
const columns = 110;

function textOf({ file, line, kind, name, containers, refusals, denied }: PodReport, all: boolean): string {
  const lines = [
    paint("bold", `${kind}/${name}`) + paint("dim", `  ${file}:${line}`),
    ...(denied === undefined ? [] : [wrap(paint("red", `not admitted: ${denied}`), columns, "  ")]),
    ...containers.flatMap((each) => ["", ...containerLines(each, all)]),
    "",
    ...Object.entries(refusals).flatMap(([level, reasons]) =>
      reasons.length === 0
        ? [`  ${level} ${paint("green", "admits it")}`]
        : [`  ${level} ${paint("yellow", "refuses it")}`, ...reasons.map((each) => wrap(each, columns, "    "))],
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function containerLines({ container, fields, kernel }: ContainerReport, all: boolean): readonly string[] {
  const shown = fields.filter(({ value }) => all || value !== undefined);
  const width = Math.max(...shown.map(({ field }) => field.length), 0) + 2;
  const valueWidth = Math.max(...shown.map((each) => Math.min(valueText(each).length, 26)), 0) + 2;
  return [
    `  ${paint("bold", `container ${container}`)}`,
    ...shown.map((each) => `    ${each.field.padEnd(width)}${fieldText(each, valueWidth)}`),
    ...(kernel === undefined
      ? ["    on Windows: Linux' users, capabilities and filters say nothing"]
      : kernelLines(kernel)),
  ];
}

function fieldText(field: ToldField, width: number): string {
  const { origin, path, otherwise, by } = field;
  if (origin === "default") return paint("dim", `not set: ${otherwise}`);
  const from = by === undefined ? path : `${path}, set by ${by.join(", ")}`;
  return `${valueText(field).padEnd(width)}${paint("dim", from)}`;
}

function valueText({ value }: ToldField): string {
  if (Array.isArray(value))
    return value.map((each) => (typeof each === "object" ? JSON.stringify(each) : each)).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function kernelLines(kernel: KernelView): readonly string[] {
  const { uid, gid, groups, capabilities, noNewPrivileges, seccomp, hostNamespaces, userNamespace } = kernel;
  const { bounding, effective, boundingMask, effectiveMask } = capabilities;
  const names = (list: readonly string[]) => (list.length === 0 ? "none" : list.join(" "));
  const lines = [
    `user ${uid ?? "of the image"}, group ${gid ?? "of the image"}${groups.length === 0 ? "" : `, also ${groups.join(" ")}`}${userNamespace ? "; in a user namespace: its root is nobody on the node" : ""}`,
    `bounding capabilities ${boundingMask}: ${names(bounding)}`,
    effective === undefined
      ? "effective capabilities: the bounding set if the image's user is root, else none"
      : `effective capabilities ${effectiveMask}: ${names(effective)}`,
    `NoNewPrivs ${noNewPrivileges ? 1 : 0}; seccomp: ${seccomp}`,
    `root filesystem ${kernel.rootFilesystem}; ${kernel.maskedPaths.length} paths masked, ${kernel.readonlyPaths.length} read-only`,
    `shares with the node: ${hostNamespaces.length === 0 ? "nothing" : hostNamespaces.join(", ")}`,
  ];
  return [
    "    in the kernel",
    ...lines.map((line) => wrap(line, columns, "      ")),
    ...kernel.notes.map((note) => wrap(paint("yellow", note), columns, "      ")),
  ];
}
