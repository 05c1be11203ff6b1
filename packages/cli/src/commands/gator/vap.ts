import {
  admissionPolicyOf,
  bindingOf,
  type FailurePolicy,
  isConstraint,
  isTemplate,
  readFailurePolicy,
  readTemplate,
} from "@sallyport/constraints";
import type { KubeObject } from "@sallyport/kube";
import { yamlText } from "@sallyport/rego/yaml";
import { filenameFlag, imageFlags, readSources } from "../../gator/read-sources.ts";
import { sortedJson } from "../../gator/sorted-json.ts";
import { type Call, CommandFault, type OpaCommand } from "../../opa/command.ts";
import type { FlagSpec } from "../../opa/flags.ts";

const flags: readonly FlagSpec[] = [
  filenameFlag("f"),
  ...imageFlags,
  { name: "output", short: "o", kind: "string", default: "yaml", usage: "output format: json or yaml" },
  {
    name: "default-create-vap-for-templates",
    kind: "bool",
    default: "true",
    usage: "templates that do not say generateVAP become policies, too",
  },
  {
    name: "default-create-vap-binding-for-constraints",
    kind: "bool",
    default: "true",
    usage: "constraints that are not scoped become bindings, too",
  },
  {
    name: "default-k8s-native-validation-failure-policy",
    kind: "string",
    default: "Fail",
    usage: "failure policy of CEL that has none: Fail or Ignore",
  },
];

export const vapCommand: OpaCommand = {
  program: "gator",
  name: "vap",
  usage: "[flags]",
  summary: "Write templates in CEL and their constraints as ValidatingAdmissionPolicies and bindings",
  description: "What Gatekeeper would put into a cluster of them. gator has no such command.",
  examples: `
  sallyport gator vap -f policies/ | kubectl apply -f -`,
  flags,
  run: runVap,
};

function runVap(call: Call): number {
  const { flags, terminal } = call;
  const objects = readSources(call);
  const failurePolicy = within("", () =>
    readFailurePolicy(flags.string("default-k8s-native-validation-failure-policy")),
  );
  const isDefault = flags.bool("default-create-vap-for-templates");
  const policies = new Map<string, KubeObject>();
  for (const each of objects.filter(isTemplate)) {
    const policy = policyOf(each, { failurePolicy, isDefault });
    if (policy !== undefined) policies.set(each.metadata.name ?? "", policy);
  }
  const bindings = objects
    .filter((each) => isConstraint(each) && policies.has(each.kind.toLowerCase()))
    .flatMap((each) => {
      const name = JSON.stringify(each.metadata.name ?? "");
      const isBound = flags.bool("default-create-vap-binding-for-constraints");
      return within(`constraint ${name}: `, () => bindingOf(each, isBound)) ?? [];
    });
  terminal.out(textOf([...policies.values(), ...bindings], flags.string("output").toLowerCase()));
  return 0;
}

function policyOf(
  object: KubeObject,
  options: { readonly failurePolicy: FailurePolicy; readonly isDefault: boolean },
): KubeObject | undefined {
  return within(`template ${JSON.stringify(object.metadata.name ?? "")}: `, () =>
    admissionPolicyOf(readTemplate(object), options),
  );
}

function textOf(made: readonly KubeObject[], output: string): string {
  if (output === "yaml") return made.map((each) => yamlText(sortedJson(each) as never)).join("---\n");
  if (output === "json") return made.map((each) => `${JSON.stringify(sortedJson(each), undefined, "    ")}\n`).join("");
  throw new CommandFault(`unrecognized value for output flag: ${output}`);
}

function within<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new CommandFault(what + (error as Error).message);
  }
}
