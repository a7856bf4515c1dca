import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);
import{c as a}from"./JFV3EURW.js";import"./GY62EHDD.js";import"./UK7YX3FL.js";import"./FAFOHN6Z.js";import"./YOCMYATM.js";import"./6MVKORML.js";export{a as ociRegistry};
