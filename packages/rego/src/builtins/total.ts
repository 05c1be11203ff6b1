/** Builtins that answer whatever they are given. */
export const totalBuiltins: ReadonlySet<string> = new Set([
  "equal",
  "gt",
  "gte",
  "internal.member_2",
  "is_array",
  "is_boolean",
  "is_null",
  "is_number",
  "is_object",
  "is_set",
  "is_string",
  "lt",
  "lte",
  "neq",
  "type_name",
]);
