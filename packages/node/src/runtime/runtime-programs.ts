/** The program behind each handler that can be, in the order of reports. */
export const runtimePrograms = { runc: "runc", crun: "crun", runsc: "runsc", kata: "kata-runtime" } as const;

export type Handler = keyof typeof runtimePrograms;
