import { compile, type Environment, formatType, Program, type Type } from "@sallyport/cel";

/** An expression of a configuration, compiled, or why it is none, in kube-apiserver's words. */
export function compileBound(text: string, environment: Environment, type?: Type): Program | string {
  const program = compile(text, environment);
  if (!(program instanceof Program)) return `compilation failed: ${program.message}`;
  if (program.instantiationFault !== undefined) return `program instantiation failed: ${program.instantiationFault}`;
  const is = formatType(program.type);
  return type === undefined || is === formatType(type) ? program : `must evaluate to ${formatType(type)} but got ${is}`;
}
