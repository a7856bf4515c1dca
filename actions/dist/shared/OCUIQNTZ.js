import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);
import{d as y,h as I}from"./SQTBLWZ6.js";import{a as i}from"./6MVKORML.js";var l=200;function b(o,n,e,t,r){let s=n.slice(0,l).map(({image:d,from:f,to:w,running:$})=>`| ${d} | ${P(f)} | ${P(w)} | ${$===void 0?"not known":$.slice(0,12)} |`),m=n.length>l?`
and ${n.length-l} more
`:"",g=`${n.length} ${n.length===1?"image moves":"images move"}`,u=e.slice(0,t).map(({commit:d,subject:f})=>`- ${d.slice(0,12)} ${L(f)}`),a=e.length>t?`
- and more`:"",p=u.length===0?"":`
**Commits since**

${u.join(`
`)}${a}
`,c=r.length===0?"":`
**Left as they are**

${r.map(d=>`- ${I(d)}`).join(`
`)}
`;return`${g} in ${o}. A newer bump updates this pull request; merging it delivers.

| image | from | to | runs, built from |
| --- | --- | --- | --- |
${s.join(`
`)}
${m}${p}${c}`}i(b,"renderProposal");function P({newTag:o,digest:n}){return[o,n?.slice(0,19)].flatMap(e=>e===void 0?[]:`\`${e}\``).join(" ")||"nothing"}i(P,"pin");function L(o){return`\`${o.replaceAll("`","'").slice(0,100)}\``}i(L,"quote");var h=20;async function x(o,n,e,t,r){let s=y(n.bumps).map(({image:a,from:p,to:c})=>({image:a,from:p,to:c,running:n.running.get(a)})),m=await j(s,e,r),g=e===void 0||m===void 0?[]:await r.between(m,e,h+1);return{title:t.split(`
`,1)[0]??"",body:b(o,s,g,h,n.left)}}i(x,"describeProposal");async function j(o,n,e){let t=[...new Set(o.flatMap(({running:r})=>r??[]))];if(n===void 0||t.length<=1)return t[0];for(let r of t){let s=await e.compare(r,t);if(t.every(m=>["same","before"].includes(s.get(m)??"unknown")))return r}}i(j,"oldestOf");export{x as a};
