import json,subprocess,sys,os,tempfile,time,collections
from pathlib import Path
sys.path.insert(0, os.path.dirname(__file__))
import grammar
from grammar import *
def agg(first,n,per,d,py):
    d=Path(d); d.mkdir(exist_ok=True)
    for f in d.glob("*.py"): f.unlink()
    mods={}
    for k in range(first,first+n,per):
        ls=grammar.module([grammar.program(i) for i in range(k,min(k+per,first+n))])
        (d/f"annotated_{k}.py").write_text("\n".join(l.annotated for l in ls)+"\n")
        (d/f"bare_{k}.py").write_text("\n".join(l.bare for l in ls)+"\n")
        mods[k]=ls
    here=os.path.dirname(os.path.abspath(__file__))
    env={**os.environ,"PYTHONPATH":f"/work/main:/work/main/tests/testproject:{here}","MYPYPATH":f"/work/main/tests/testproject:{here}"}
    (d/"mypy.ini").write_text("[mypy]\nplugins = mypy_django_plugin.main, mypy_async_django\n[mypy.plugins.django-stubs]\ndjango_settings_module = testproject.settings\n")
    db=d/"db.sqlite3"
    if db.exists(): db.unlink()
    t=time.time()
    ex=subprocess.Popen([py,here+"/execution.py",str(db),*[f"annotated_{k}.py" for k in mods]],cwd=d,env=env,stdout=open(d/"run.json","w"))
    my=subprocess.run([py,"-m","mypy","-O","json","--cache-dir",str(d/"cache"),*[f"{v}_{k}.py" for k in mods for v in ("annotated","bare")]],cwd=d,env=env,capture_output=True,text=True)
    t1=time.time()-t
    ex.wait(); t2=time.time()-t
    print("mypy",t1,"run",t2, my.stderr[-2000:],file=sys.stderr)
    (d/"mypy.json").write_text(my.stdout)
    return mods

CODES={"async-unsafe","async-unsafe-lazy","async-unsafe-call"}
def compare(mods,d):
    d=Path(d); run=json.loads((d/"run.json").read_text())
    said=collections.defaultdict(list); other=collections.Counter()
    for l in (d/"mypy.json").read_text().splitlines():
        try: m=json.loads(l)
        except ValueError: print("?",l); continue
        if m["code"] in CODES: said[m["file"],m["line"]].append(m)
        elif m["file"].startswith("annot") and m["code"] not in("union-attr",): other[m["code"]]+=1; other_ex.setdefault(m["code"],[]).append((m["file"],m["line"],m["message"]))
    counts=collections.Counter(); out=[]; exc=collections.Counter()
    for k,ls in mods.items():
        real=run[f"annotated_{k}.py"]
        for i,line in enumerate(ls,1):
            r=real.get(str(i))
            if r is None: continue
            if r not in("raised","clean","mixed"): exc[r]+=1; exl.setdefault(r,line.annotated); continue
            for v in("annotated","bare"):
                rep=(f"{v}_{k}.py",i) in said
                counts[v,r,rep]+=1
                if r=="raised" and not rep or r=="clean" and rep:
                    out.append((("MISS" if r=="raised" else "FALSE"),v,k,i,line,[m["message"] for m in said.get((f"{v}_{k}.py",i),())]))
    return counts,out,exc,other
other_ex={}; exl={}
def again(ls,i):
    """relations of names in line i already raised text before, in the program"""
    import re
    names=set(re.findall(r"\b(?:\w+\d+|item)\.[a-z_]+",ls[i-1].annotated))
    j=i-1
    prev=set()
    while j>0 and not ls[j-1].annotated.startswith("async def"):
        prev|=set(re.findall(r"\b(?:\w+\d+)\.[a-z_]+",ls[j-1].annotated)); j-=1
    return bool(names&prev)
def slice_(ls,i):
    import re
    need=set(re.findall(r"\b[a-z]\w*\d\b|helper_\w+",ls[i-1].annotated)); got=[ls[i-1].annotated]
    ind=len(ls[i-1].annotated)-len(ls[i-1].annotated.lstrip())
    j=i-1
    while j>0 and not ls[j-1].annotated.startswith("async def"):
        t=ls[j-1].annotated; n=set(re.findall(r"\b[a-z]\w*\d\b",t)); ti=len(t)-len(t.lstrip())
        if n&need or ti<ind and t.rstrip().endswith(":"):
            got.append(t); need|=n; ind=min(ind,ti) if t.rstrip().endswith(":") else ind
        j-=1
    return "\n".join(reversed(got))
if __name__=="__main__":
    first,n,d,py=int(sys.argv[1]),int(sys.argv[2]),sys.argv[3],sys.argv[4]
    mods=agg(first,n,50,d,py)
    counts,out,exc,other=compare(mods,d)
    print(dict(counts)); 
    print("EXC"); [print("  ",c,e[:100],"|",exl[e]) for e,c in exc.most_common(15)]
    print("OTHER"); [print("  ",e,c,other_ex[e][0]) for e,c in other.most_common()]
    groups=collections.defaultdict(list)
    for kind,v,k,i,line,msgs in out:
        if kind=="MISS" and again(mods[k],i): kind="AGAIN"
        groups[kind,v,line.template.text if line.template else line.annotated].append((k,i,msgs))
    for (kind,v,t),items in sorted(groups.items(),key=lambda x:(x[0][0],-len(x[1]))):
        if kind=="AGAIN" and not os.environ.get("AGAIN"): continue
        if v=="bare" and ("annotated",)and(kind,"annotated",t) in groups and len(groups[kind,"annotated",t])==len(items): continue
        print(f"== {kind} {v} x{len(items)}: {t!r}")
        for k,i,msgs in sorted(items,key=lambda it:len(slice_(mods[it[0]],it[1])))[:int(os.environ.get("SHOW","1"))]:
            print(slice_(mods[k],i)); [print("      #",m) for m in msgs]
