import {
  CelError,
  DefinedVariables,
  DYN,
  declareVariables,
  type Environment,
  listType,
  mapType,
  type Program,
  type Type,
  VARIABLES_TYPE,
  variablesRead,
} from "@sallyport/cel";
import { brokenVariable, compileExpression } from "./expression.ts";

/** admissionregistration.k8s.io/v1 Variable. */
export interface Variable {
  readonly name: string;
  readonly expression: string;
}

/** A policy's variables: each is compiled with those before it, and evaluated when it is first read. */
export interface Variables {
  readonly defined: DefinedVariables;
  /** Declares `variables` to an environment. */
  readonly declaredIn: (environment: Environment) => Environment;
}

export function compileVariables(definitions: readonly Variable[], base: Environment): Variables {
  const types = new Map<string, Type>();
  const programs = new Map<string, Program | CelError>();
  const library = declareVariables(types);
  const declaredIn = (environment: Environment) =>
    environment.extend({ variables: { variables: VARIABLES_TYPE }, libraries: [library] });
  const environment = declaredIn(base);
  for (const { name, expression } of definitions) {
    const { program, fault = "" } = compileExpression(expression, environment);
    programs.set(name, program ?? brokenVariable(name, fault));
    types.set(name, program === undefined ? DYN : declaredType(program.type));
  }
  return { defined: new DefinedVariables(programs), declaredIn };
}

/** The type by which others know a variable: kube-apiserver keeps simple ones, lists and maps, and nothing of objects. */
function declaredType(type: Type): Type {
  switch (type.kind) {
    case "list":
      return listType(declaredType(type.element));
    case "map":
      return mapType(declaredType(type.key), declaredType(type.value));
    case "type":
    case "struct":
    case "opaque":
    case "wrapper":
    case "param":
    case "error":
      return DYN;
    default:
      return type;
  }
}

/** The variables that read nothing but these variables of the environment, themselves and by what they read: where those are the same, so are they. */
export function variablesOf(names: readonly string[], { defined }: Variables): ReadonlySet<string> {
  const found = new Set<string>();
  // Each reads only those before it.
  for (const [place, program] of defined.programs.entries()) {
    if (program instanceof CelError) continue;
    const isKnown = (read: string) =>
      names.includes(read) || (read.startsWith("variables.") && found.has(read.slice("variables.".length)));
    if ([...variablesRead(program.checked)].every(isKnown)) found.add(defined.names[place] as string);
  }
  return found;
}
