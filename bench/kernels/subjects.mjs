// What there are contenders for: the source of all of them, the jobs, and how to prepare them for one.
import { attentionSource } from "./attention.mjs";
import * as attentionJob from "./attention-job.mjs";
import * as floatJob from "./float-job.mjs";
import { floatsSource } from "./floats.mjs";
import * as productJob from "./product-job.mjs";
import { productsSource } from "./products.mjs";

export const subjects = {
  products: { source: productsSource, ...productJob },
  floats: { source: floatsSource, ...floatJob },
  attention: { source: attentionSource, ...attentionJob },
};
