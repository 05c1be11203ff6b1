export { csiProvider, serveCsiProvider } from "./provider-server.ts";
