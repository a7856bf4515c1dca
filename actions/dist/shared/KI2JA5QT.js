import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);
import{a}from"./NZGFJNTR.js";import"./YOCMYATM.js";import"./6MVKORML.js";export{a as findJava};
