/** The path of objects of the core group in a namespace, or of one of them. */
export function corePath(resource: string, namespace: string, name?: string): string {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}`;
  return name === undefined ? path : `${path}/${encodeURIComponent(name)}`;
}
