import { type Fields, fill, type KindRules } from "../rules.ts";

export const priorityLevelConfiguration: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    const { type, limited, exempt } = spec;
    if (limited !== undefined) {
      fill(limited, { nominalConcurrencyShares: 30, lendablePercent: 0 });
      const queuing = limited["limitResponse"]?.queuing as Fields | undefined;
      if (queuing !== undefined) fill(queuing, { queues: 64, handSize: 8, queueLengthLimit: 50 });
    }
    if (type === "Exempt" || exempt !== undefined)
      fill((spec["exempt"] ??= {}), { nominalConcurrencyShares: 0, lendablePercent: 0 });
  },
};
