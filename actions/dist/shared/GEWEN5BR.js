import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);
import{a as i}from"./6MVKORML.js";var o={"4.0":["17","21"],"4.1":["17","21"]};function c(s,n){let t=s.split(".").slice(0,2).join("."),r=o[t]??[];return r.includes(n)?r.filter(e=>Number(e)>=Number(n)):[]}i(c,"javaVersions");export{c as a};
