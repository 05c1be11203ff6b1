/** A flag's values, separated by commas, behind those of the same flag before: kube-apiserver's way of lists. For commander's options. */
export const list = (value: string, previous: readonly string[] = []): readonly string[] => [
  ...previous,
  ...value.split(",").filter(Boolean),
];
