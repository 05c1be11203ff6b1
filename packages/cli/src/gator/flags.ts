import { celEngine, type Engine, FrameworkError, readFailurePolicy, regoEngine } from "@sallyport/constraints";
import { createEffects } from "@sallyport/effects";
import { CommandFault } from "../opa/command.ts";
import type { FlagSpec, Flags } from "../opa/flags.ts";

/** Which languages templates may use, of the commands that evaluate them. */
export const engineFlags: readonly FlagSpec[] = [
  {
    name: "enable-k8s-native-validation",
    kind: "bool",
    default: "true",
    usage: "templates that have CEL are asked in it, and not in Rego",
  },
  {
    name: "default-k8s-native-validation-failure-policy",
    kind: "string",
    default: "Fail",
    usage: "failure policy of CEL that has none: Fail or Ignore",
  },
];

/** The engines in order of preference, as often as they are needed; `print` takes what policies print. */
export function readEngines(flags: Flags): (print?: (line: string) => void) => readonly Engine[] {
  const failurePolicy = readPolicy(flags.string("default-k8s-native-validation-failure-policy"));
  const effects = createEffects();
  const cel = flags.bool("enable-k8s-native-validation") ? [celEngine({ failurePolicy })] : [];
  return (print) => [...cel, regoEngine({ effects: print === undefined ? effects : { ...effects, print } })];
}

function readPolicy(text: string): ReturnType<typeof readFailurePolicy> {
  try {
    return readFailurePolicy(text);
  } catch (error) {
    if (!(error instanceof FrameworkError)) throw error;
    throw new CommandFault(`Error: invalid default K8sNativeValidation failure policy: ${error.message}`);
  }
}
