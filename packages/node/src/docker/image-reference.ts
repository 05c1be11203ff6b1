const part = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const domain =
  "(?:\\[[a-fA-F0-9:]+\\]|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*)(?::\\d+)?";
const reference = new RegExp(
  `^(?:${domain}/)?${part}(?:/${part})*(?::[\\w][\\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);

/** What docker has against the name of an image. distribution/reference: ParseNormalizedNamed */
export function imageFault(image: string): string | undefined {
  const fault = "invalid reference format";
  const slash = image.indexOf("/");
  const first = image.slice(0, Math.max(slash, 0));
  const isDomain = /[.:]/.test(first) || first === "localhost" || first.toLowerCase() !== first;
  const rest = isDomain ? image.slice(slash + 1) : image;
  const path = rest.replace(/[:@].*$/s, "");
  if (path.toLowerCase() !== path) return `${fault}: repository name (${path}) must be lowercase`;
  return reference.test(image) ? undefined : fault;
}
