// Any table at once, without a model of one's own.
export { mount } from "./tables.js";

export const title = "Forecast at once";
