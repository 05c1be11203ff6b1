/** Kubernetes' way to write a path: `spec.containers[0].image`, `metadata.labels[app.kubernetes.io/name]`. */
export function fieldPath(path: readonly (string | number)[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${part}]`;
  }
  return text;
}
