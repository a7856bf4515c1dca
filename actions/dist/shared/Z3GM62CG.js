import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);
import{c as a}from"./R2HK2OFU.js";import"./JUL33ISZ.js";import"./YOCMYATM.js";import"./6MVKORML.js";export{a as ociRegistry};
