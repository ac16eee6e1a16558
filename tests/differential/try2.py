import sys,os,tempfile,collections,time,shutil
from pathlib import Path
sys.path.insert(0,os.path.dirname(os.path.abspath(__file__)))
import grammar, verdicts
try: import limits
except ImportError: limits=None
first,n=int(sys.argv[1]),int(sys.argv[2]); d=Path(sys.argv[3])
shutil.rmtree(d,ignore_errors=True); d.mkdir()
t=time.time()
progs=[grammar.program(i) for i in range(first,first+n)]
vs=list(verdicts.verdicts(progs,d)); print("time",time.time()-t)
c=collections.Counter((v.variant,v.ran if v.ran in("raised","clean","mixed") else "other",bool(v.said)) for v in vs); print(dict(c))
e=collections.Counter(v.ran for v in vs if v.ran not in("raised","clean","mixed"));
for k,m in e.most_common(12): print("  EXC",m,k[:90],"|",next(v for v in vs if v.ran==k).line.annotated[:120])
g=collections.defaultdict(list); lc=collections.Counter()
for v in vs:
    if v.is_missed or v.is_false:
        l=limits and limits.limit_of(v)
        if l: lc[l.name]+=1; g["LIMIT "+l.name,"",""].append(v) if os.environ.get("LIMITS") else None
        else: g["MISS" if v.is_missed else "FALSE",v.variant,v.line.template.text if v.line.template else "?"].append(v)
print(lc)
for (kind,var,t),items in sorted(g.items(),key=lambda x:(x[0][0],-len(x[1]))):
    if var=="bare" and len(g.get((kind,"annotated",t),()))==len(items): continue
    print(f"== {kind} {var} x{len(items)}: {t!r}")
    for v in sorted(items,key=lambda v:len(v.story()))[:int(os.environ.get("SHOW","1"))]:
        print(v.story()); [print("      #",m) for m in v.said]
