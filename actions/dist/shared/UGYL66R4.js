import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);
import{a,b}from"./6DKEKONV.js";import"./ULUTXFO2.js";import"./U75CS42U.js";import"./FAFOHN6Z.js";import"./4FCO2JMU.js";import"./YOCMYATM.js";import"./6MVKORML.js";export{b as asUserError,a as goTool};
