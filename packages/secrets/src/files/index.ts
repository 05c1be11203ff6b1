export { FileInjector } from "./file-injector.ts";
export { injectConfiguration } from "./inject-configuration.ts";
