import type { Plugin, PluginContext, PluginFunction, PluginResult } from "@sallyport/admission";

/** A review that was answered; `status` is `allow`, `deny` or `error`, of mutation `success`, `skip` or `error`. */
export type Answered = (webhook: "validation" | "mutation", status: string, isDryRun: boolean, seconds: number) => void;

/** Gatekeeper's plugin, as if each of its parts were the webhook that Gatekeeper has for it: `answered` is told, where there is one yet. */
export function observedPlugin(plugin: Plugin, answered: () => Answered | undefined): Plugin {
  const { mutate, validate } = plugin;
  const observed = (webhook: "validation" | "mutation", ask: PluginFunction) => async (context: PluginContext) => {
    const started = performance.now();
    const tell = (status: string) =>
      answered()?.(webhook, status, context.request.dryRun === true, (performance.now() - started) / 1000);
    try {
      const result = await ask(context);
      tell(webhook === "mutation" ? mutationStatus(result) : validationStatus(result));
      return result;
    } catch (error) {
      tell("error");
      throw error;
    }
  };
  return {
    ...plugin,
    ...(mutate === undefined ? {} : { mutate: observed("mutation", mutate) }),
    ...(validate === undefined ? {} : { validate: observed("validation", validate) }),
  };
}

function mutationStatus({ outcome }: PluginResult): string {
  return outcome === "mutated" ? "success" : "skip";
}

function validationStatus({ outcome }: PluginResult): string {
  return outcome === "denied" ? "deny" : "allow";
}
