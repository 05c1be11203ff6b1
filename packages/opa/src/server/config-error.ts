/** A configuration that cannot be, in OPA's words. */
export class ConfigError extends Error {}
