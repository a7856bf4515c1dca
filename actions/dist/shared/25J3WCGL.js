import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);
import{a as r}from"./6MVKORML.js";var e=class extends Error{static{r(this,"StoreUnavailable")}name="StoreUnavailable"};export{e as a};
